package aws.lambda_002_test

import rego.v1

import data.aws.lambda_002

test_iam if count(lambda_002.deny) == 0 with input as {"inputs": {"authorizationType": "AWS_IAM"}}

test_none if count(lambda_002.deny) == 1 with input as {"inputs": {"authorizationType": "NONE"}}
