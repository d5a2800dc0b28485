package aws.lambda_006_test

import rego.v1

import data.aws.lambda_006

test_traced if count(lambda_006.deny) == 0 with input as {"inputs": {"tracingConfig": {"mode": "Active"}}}

test_default if count(lambda_006.deny) == 1 with input as {"inputs": {}}

test_passed_through if count(lambda_006.deny) == 1 with input as {"inputs": {"tracingConfig": {"mode": "PassThrough"}}}
