package aws.secretsmanager_001_test

import rego.v1

import data.aws.secretsmanager_001

test_rotating if count(secretsmanager_001.deny) == 0 with input as {"counts": {"types": {"aws:secretsmanager/secret:Secret": 1, "aws:secretsmanager/secretRotation:SecretRotation": 1}}}

test_not_rotating if count(secretsmanager_001.deny) == 1 with input as {"counts": {"types": {"aws:secretsmanager/secret:Secret": 1}}}

test_no_secrets if count(secretsmanager_001.deny) == 0 with input as {"counts": {"types": {}}}
