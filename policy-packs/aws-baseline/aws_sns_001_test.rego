package aws.sns_001_test

import rego.v1

import data.aws.sns_001

test_keyed if count(sns_001.deny) == 0 with input as {"inputs": {"kmsMasterKeyId": "alias/aws/sns"}}

test_default if count(sns_001.deny) == 1 with input as {"inputs": {}}

test_empty if count(sns_001.deny) == 1 with input as {"inputs": {"kmsMasterKeyId": ""}}
