package aws.sqs_001_test

import rego.v1

import data.aws.sqs_001

test_default if count(sqs_001.deny) == 0 with input as {"inputs": {}}

test_off if count(sqs_001.deny) == 1 with input as {"inputs": {"sqsManagedSseEnabled": false}}

test_own_key if count(sqs_001.deny) == 0 with input as {"inputs": {"sqsManagedSseEnabled": false, "kmsMasterKeyId": "alias/a"}}
