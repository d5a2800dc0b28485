package aws.iam_002_test

import rego.v1

import data.aws.iam_002

admin := "arn:aws:iam::aws:policy/AdministratorAccess"

test_read_only if count(iam_002.deny) == 0 with input as {"inputs": {"policyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}}

test_admin if count(iam_002.deny) == 1 with input as {"inputs": {"policyArn": admin}}

test_role if count(iam_002.deny) == 1 with input as {"inputs": {"managedPolicyArns": [admin]}}

test_partition if count(iam_002.deny) == 1 with input as {"inputs": {"policyArns": ["arn:aws-cn:iam::aws:policy/IAMFullAccess"]}}

test_in_a_permission_set if count(iam_002.deny) == 1 with input as {"inputs": {"managedPolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}}
