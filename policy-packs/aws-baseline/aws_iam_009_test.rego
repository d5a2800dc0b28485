package aws.iam_009_test

import rego.v1

import data.aws.iam_009

given(statement) := {"inputs": {"policy": json.marshal({"Statement": [object.union({"Effect": "Allow"}, statement)]})}}

test_one_role if count(iam_009.deny) == 0 with input as given({"Action": "iam:PassRole", "Resource": "arn:aws:iam::1:role/task"})

test_any_role if count(iam_009.deny) == 1 with input as given({"Action": ["ecs:RunTask", "iam:PassRole"], "Resource": "*"})

test_any_role_of_the_account if count(iam_009.deny) == 1 with input as given({"Action": "iam:*", "Resource": "arn:aws:iam::1:role/*"})

test_to_one_service if count(iam_009.deny) == 0 with input as given({"Action": "iam:PassRole", "Resource": "*", "Condition": {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}}})

test_inline if count(iam_009.deny) == 1 with input as {"inputs": {"inlinePolicies": [{"policy": {"Statement": [{"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*"}]}}]}}

test_pattern if count(iam_009.deny) == 1 with input as given({"Action": "iam:P*", "Resource": "*"})

test_other_action if count(iam_009.deny) == 0 with input as given({"Action": "iam:GetRole", "Resource": "*"})
