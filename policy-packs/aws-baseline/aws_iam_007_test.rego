package aws.iam_007_test

import rego.v1

import data.aws.iam_007

given(principal, condition) := {"inputs": {"assumeRolePolicy": json.marshal({"Statement": [{"Effect": "Allow", "Principal": principal, "Condition": condition}]})}}

test_service if count(iam_007.deny) == 0 with input as given({"Service": "lambda.amazonaws.com"}, {})

test_everybody if count(iam_007.deny) == 1 with input as given({"AWS": "*"}, {})

test_organization if count(iam_007.deny) == 0 with input as given("*", {"StringEquals": {"aws:PrincipalOrgID": "o-1"}})

test_external_id if count(iam_007.deny) == 1 with input as given("*", {"StringEquals": {"sts:ExternalId": "x"}})

test_unreadable if count(iam_007.deny) == 1 with input as {"inputs": {"assumeRolePolicy": "x"}}

tied_to(arn) := {"inputs": {"assumeRolePolicy": {"Statement": [{"Effect": "Allow", "Principal": "*", "Condition": {"ArnLike": {"aws:PrincipalArn": arn}}}]}}}

test_tied_to_an_account if count(iam_007.deny) == 0 with input as tied_to("arn:aws:iam::111122223333:role/*")

test_tied_to_any_account if count(iam_007.deny) == 1 with input as tied_to("arn:aws:iam::*:role/*")
