package aws.iam_006_test

import rego.v1

import data.aws.iam_006

test_active if count(iam_006.deny) == 1 with input as {"inputs": {"user": "u"}}

test_said_to_be_active if count(iam_006.deny) == 1 with input as {"inputs": {"user": "u", "status": "Active"}}

test_inactive if count(iam_006.deny) == 0 with input as {"inputs": {"user": "u", "status": "Inactive"}}
