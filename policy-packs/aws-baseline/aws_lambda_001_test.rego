package aws.lambda_001_test

import rego.v1

import data.aws.lambda_001

variables(variables) := {"inputs": {"environment": {"variables": variables}}}

test_plain if count(lambda_001.deny) == 0 with input as variables({"STAGE": "prod"})

test_reference if count(lambda_001.deny) == 0 with input as variables({"DB_PASSWORD": "arn:aws:secretsmanager:eu-central-1:1:secret:db"})

test_secret if count(lambda_001.deny) == 1 with input as variables({"DB_PASSWORD": "hunter2"})

test_access_key if count(lambda_001.deny) == 1 with input as variables({"ID": "AKIAIOSFODNN7EXAMPLE"})
