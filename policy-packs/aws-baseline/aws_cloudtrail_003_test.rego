package aws.cloudtrail_003_test

import rego.v1

import data.aws.cloudtrail_003

test_own_key if count(cloudtrail_003.deny) == 0 with input as {"inputs": {"kmsKeyId": "arn:aws:kms:eu-central-1:1:key/k"}}

test_default if count(cloudtrail_003.deny) == 1 with input as {"inputs": {}}

test_empty if count(cloudtrail_003.deny) == 1 with input as {"inputs": {"kmsKeyId": ""}}
