package aws.opensearch_003_test

import rego.v1

import data.aws.opensearch_003

test_modern if count(opensearch_003.deny) == 0 with input as {"inputs": {"domainEndpointOptions": {"tlsSecurityPolicy": "Policy-Min-TLS-1-2-2019-07"}}}

test_default if count(opensearch_003.deny) == 1 with input as {"inputs": {}}

test_old_and_plain if count(opensearch_003.deny) == 2 with input as {"inputs": {"domainEndpointOptions": {"enforceHttps": false, "tlsSecurityPolicy": "Policy-Min-TLS-1-0-2019-07"}}}
