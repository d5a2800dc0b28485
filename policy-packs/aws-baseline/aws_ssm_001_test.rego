package aws.ssm_001_test

import rego.v1

import data.aws.ssm_001

test_secure if count(ssm_001.deny) == 0 with input as {"inputs": {"name": "/db/password", "type": "SecureString"}}

test_plain if count(ssm_001.deny) == 0 with input as {"inputs": {"name": "/db/host", "type": "String"}}

test_secret if count(ssm_001.deny) == 1 with input as {"inputs": {"name": "/db/password", "type": "String"}}

test_key if count(ssm_001.deny) == 1 with input as {"inputs": {"name": "/id", "type": "String", "insecureValue": "AKIAIOSFODNN7EXAMPLE"}}
