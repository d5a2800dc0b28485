package aws.iam_008_test

import rego.v1

import data.aws.iam_008

given(condition) := {"inputs": {"assumeRolePolicy": json.marshal({"Statement": [{"Effect": "Allow", "Principal": {"Federated": "arn:aws:iam::1:oidc-provider/token.actions.githubusercontent.com"}, "Condition": condition}]})}}

test_named if count(iam_008.deny) == 0 with input as given({"StringEquals": {"token.actions.githubusercontent.com:sub": "repo:example/web:ref:refs/heads/main"}})

test_audience_only if count(iam_008.deny) == 1 with input as given({"StringEquals": {"token.actions.githubusercontent.com:aud": "sts.amazonaws.com"}})

test_everybody if count(iam_008.deny) == 1 with input as given({"StringLike": {"token.actions.githubusercontent.com:sub": "repo:*"}})

test_one_of_them_everybody if count(iam_008.deny) == 1 with input as given({"StringLike": {"token.actions.githubusercontent.com:sub": ["repo:example/web:*", "*"]}})

test_no_condition if count(iam_008.deny) == 1 with input as given({})

test_service if count(iam_008.deny) == 0 with input as {"inputs": {"assumeRolePolicy": {"Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}}]}}}

like(value) := given({"StringLike": {"token.actions.githubusercontent.com:sub": value}})

test_who_is_said if {
	every value in [
		"repo:example/web:*", "repo:example/web:ref:refs/heads/release-*", "project_path:example/web:ref_type:branch:ref:*",
		"project_path:example/*", "system:serviceaccount:jobs:*", "organization:example:project:web:workspace:*", "org/0a1b/project/*",
		"repo:example/web:environment:production",
	] {
		count(iam_008.deny) == 0 with input as like(value)
	}
}

test_who_is_not_said if {
	every value in [
		"repo:my*", "repo:my*/web:*", "repo:example/*", "repo:example/w*:*", "repo:example/web*", "repo:?xample/web:*", "repo:*/web:ref:refs/heads/main",
		"project_path:my*", "system:serviceaccount:*", "system:serviceaccount:*:deploy", "organization:*", "pulumi:deploy:org:*", "my*", "*", "",
		"${token.actions.githubusercontent.com:sub}", 7, null,
	] {
		count(iam_008.deny) == 1 with input as like(value)
	}
}

test_no_subjects if count(iam_008.deny) == 1 with input as like([])
