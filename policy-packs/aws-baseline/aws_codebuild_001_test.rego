package aws.codebuild_001_test

import rego.v1

import data.aws.codebuild_001

given(variable) := {"inputs": {"environment": {"environmentVariables": [variable]}}}

test_plain if count(codebuild_001.deny) == 0 with input as given({"name": "STAGE", "value": "prod"})

test_reference if count(codebuild_001.deny) == 0 with input as given({"name": "DB_PASSWORD", "type": "SECRETS_MANAGER", "value": "db"})

test_secret if count(codebuild_001.deny) == 1 with input as given({"name": "DB_PASSWORD", "value": "hunter2"})

test_access_key if count(codebuild_001.deny) == 1 with input as given({"name": "ID", "type": "PLAINTEXT", "value": "AKIAIOSFODNN7EXAMPLE"})
