package aws.opensearch_001_test

import rego.v1

import data.aws.opensearch_001

test_encrypted if count(opensearch_001.deny) == 0 with input as {"inputs": {"encryptAtRest": {"enabled": true}}}

test_default if count(opensearch_001.deny) == 1 with input as {"inputs": {}}

test_off if count(opensearch_001.deny) == 1 with input as {"inputs": {"encryptAtRest": {"enabled": false}}}
