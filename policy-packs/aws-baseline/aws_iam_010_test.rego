package aws.iam_010_test

import rego.v1

import data.aws.iam_010

given(statement) := {"inputs": {"policy": json.marshal({"Statement": [object.union({"Effect": "Allow"}, statement)]})}}

test_some_actions if count(iam_010.deny) == 0 with input as given({"Action": ["s3:GetObject"], "Resource": "*"})

test_one_bucket if count(iam_010.deny) == 0 with input as given({"Action": "s3:*", "Resource": "arn:aws:s3:::b/*"})

test_two_services if count(iam_010.deny) == 2 with input as given({"Action": ["s3:*", "sqs:*"], "Resource": "*"})

test_inline if count(iam_010.deny) == 1 with input as {"inputs": {"inlinePolicies": [{"policy": {"Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}}]}}

test_everything_is_another_rule if count(iam_010.deny) == 0 with input as given({"Action": "*", "Resource": "*"})

test_in_a_permission_set if count(iam_010.deny) == 1 with input as {"inputs": {"inlinePolicy": {"Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}}}
