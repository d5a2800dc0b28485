package aws.secretsmanager_002_test

import rego.v1

import data.aws.secretsmanager_002

test_default if count(secretsmanager_002.deny) == 0 with input as {"inputs": {}}

test_a_week if count(secretsmanager_002.deny) == 0 with input as {"inputs": {"recoveryWindowInDays": 7}}

test_none if count(secretsmanager_002.deny) == 1 with input as {"inputs": {"recoveryWindowInDays": 0}}
