package aws.cognito_001_test

import rego.v1

import data.aws.cognito_001

test_default if count(cognito_001.deny) == 0 with input as {"inputs": {}}

test_no_guests if count(cognito_001.deny) == 0 with input as {"inputs": {"allowUnauthenticatedIdentities": false}}

test_guests if count(cognito_001.deny) == 1 with input as {"inputs": {"allowUnauthenticatedIdentities": true}}
