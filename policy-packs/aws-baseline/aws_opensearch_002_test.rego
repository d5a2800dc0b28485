package aws.opensearch_002_test

import rego.v1

import data.aws.opensearch_002

test_encrypted if count(opensearch_002.deny) == 0 with input as {"inputs": {"nodeToNodeEncryption": {"enabled": true}}}

test_default if count(opensearch_002.deny) == 1 with input as {"inputs": {}}

test_off if count(opensearch_002.deny) == 1 with input as {"inputs": {"nodeToNodeEncryption": {"enabled": false}}}
