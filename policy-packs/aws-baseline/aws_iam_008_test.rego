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
