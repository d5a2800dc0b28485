package aws.state_003_test

import rego.v1

import data.aws.state_003

test_default if count(state_003.deny) == 0 with input as {"inputs": {}}

test_left if count(state_003.deny) == 0 with input as {"inputs": {"skipFinalSnapshot": false}}

test_skipped if count(state_003.deny) == 1 with input as {"inputs": {"skipFinalSnapshot": true}}
