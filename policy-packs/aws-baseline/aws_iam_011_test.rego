package aws.iam_011_test

import rego.v1

import data.aws.iam_011

test_default if count(iam_011.deny) == 0 with input as {"inputs": {}}

test_checked if count(iam_011.deny) == 0 with input as {"inputs": {"bypassPolicyLockoutSafetyCheck": false}}

test_bypassed if count(iam_011.deny) == 1 with input as {"inputs": {"bypassPolicyLockoutSafetyCheck": true}}
