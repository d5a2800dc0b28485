package aws.lambda_003_test

import rego.v1

import data.aws.lambda_003

test_service if count(lambda_003.deny) == 0 with input as {"inputs": {"principal": "s3.amazonaws.com"}}

test_everybody if count(lambda_003.deny) == 1 with input as {"inputs": {"principal": "*"}}

test_organization if count(lambda_003.deny) == 0 with input as {"inputs": {"principal": "*", "principalOrgId": "o-1"}}
