package aws.iam_004_test

import rego.v1

import data.aws.iam_004

given(inputs) := {"inputs": inputs, "params": {"length": 14, "reuse": 24}}

test_long_and_new if count(iam_004.deny) == 0 with input as given({"minimumPasswordLength": 16, "passwordReusePrevention": 24})

test_default if count(iam_004.deny) == 2 with input as given({})

test_short if count(iam_004.deny) == 1 with input as given({"minimumPasswordLength": 8, "passwordReusePrevention": 24})
