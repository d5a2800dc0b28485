package aws.appflow_001_test

import rego.v1

import data.aws.appflow_001

test_own_key if count(appflow_001.deny) == 0 with input as {"inputs": {"kmsArn": "arn:aws:kms:eu-central-1:1:key/k"}}

test_default if count(appflow_001.deny) == 1 with input as {"inputs": {}}
