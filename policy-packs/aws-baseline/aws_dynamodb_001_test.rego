package aws.dynamodb_001_test

import rego.v1

import data.aws.dynamodb_001

test_on if count(dynamodb_001.deny) == 0 with input as {"inputs": {"pointInTimeRecovery": {"enabled": true}}}

test_default if count(dynamodb_001.deny) == 1 with input as {"inputs": {}}

test_off if count(dynamodb_001.deny) == 1 with input as {"inputs": {"pointInTimeRecovery": {"enabled": false}}}
