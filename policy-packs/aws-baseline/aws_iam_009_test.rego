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

test_patterns_of_any_role if {
	every resource in [
		"*", "arn:aws:iam::*", "arn:*", "*:role/*", "arn:aws:iam::*:*", "arn:aws:iam::*:role/*", "arn:aws:iam::1:*", "arn:aws:iam::1:role*", "arn:aws:iam::1:r*",
		"arn:aws:iam::1:role/?*", "arn:aws:iam::1:role/*a*", "arn:aws:iam::1:role/*/*", "arn:*:*:*:*:role/**", "arn:aws:i*::1:role/*",
	] {
		count(iam_009.deny) == 1 with input as given({"Action": "iam:PassRole", "Resource": resource})
	}
}

test_patterns_of_some_roles if {
	every resource in [
		"arn:aws:iam::1:role/app-*", "arn:aws:iam::1:role/service-role/*", "arn:aws:iam::1:role/*-task", "arn:aws:iam::1:user/*",
		"arn:aws:s3:::*", "arn:aws:iam::1:role/ab", "arn:aws:iam::*:role/task",
	] {
		count(iam_009.deny) == 0 with input as given({"Action": "*", "Resource": resource})
	}
}

test_actions_that_are_not_left_out if {
	count(iam_009.deny) == 1 with input as given({"NotAction": "s3:*", "Resource": "arn:aws:iam::1:role/*"})
	count(iam_009.deny) == 1 with input as given({"NotAction": ["iam:Get*", "iam:*Role"], "Resource": "*"})
	count(iam_009.deny) == 0 with input as given({"NotAction": ["s3:*", "iam:*"], "Resource": "*"})
}

test_roles_that_are_not_left_out if {
	count(iam_009.deny) == 1 with input as given({"Action": "iam:PassRole", "NotResource": "arn:aws:iam::1:role/admin"})
	count(iam_009.deny) == 0 with input as given({"Action": "iam:*", "NotResource": ["arn:aws:iam::*:role/*"]})
}

to(key, value) := given({"Action": "iam:PassRole", "Resource": "*", "Condition": {"StringLike": {key: value}}})

test_to_a_pattern_of_services if {
	count(iam_009.deny) == 1 with input as to("iam:PassedToService", "*.amazonaws.com")
	count(iam_009.deny) == 1 with input as to("iam:PassedToService", ["ec2.amazonaws.com", "*"])
	count(iam_009.deny) == 1 with input as to("iam:PassedToService", [])
	count(iam_009.deny) == 0 with input as to("iam:PassedToService", "ec2.amazonaws.*")
	count(iam_009.deny) == 1 with input as to("iam:AssociatedResourceArn", "arn:aws:*:*:*:instance/*")
	count(iam_009.deny) == 0 with input as to("iam:AssociatedResourceArn", "arn:aws:ec2:*:*:instance/*")
}

test_in_a_permission_set if count(iam_009.deny) == 1 with input as {"inputs": {"inlinePolicy": {"Statement": [{"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*"}]}}}
