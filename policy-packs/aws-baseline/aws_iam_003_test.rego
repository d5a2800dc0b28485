package aws.iam_003_test

import rego.v1

import data.aws.iam_003

given(principal, condition) := {"inputs": {"policy": json.marshal({"Statement": [{"Effect": "Allow", "Principal": principal, "Condition": condition}]})}}

test_named if count(iam_003.deny) == 0 with input as given({"AWS": "arn:aws:iam::1:root"}, {})

test_service if count(iam_003.deny) == 0 with input as given({"Service": "sns.amazonaws.com"}, {})

test_everybody if count(iam_003.deny) == 1 with input as given("*", {})

test_every_account if count(iam_003.deny) == 1 with input as given({"AWS": "*"}, {"StringLike": {"aws:PrincipalArn": "*"}})

test_tied_to_the_account if count(iam_003.deny) == 0 with input as given("*", {"StringEquals": {"kms:CallerAccount": "111122223333"}})

test_tied_to_its_owner if count(iam_003.deny) == 0 with input as given({"AWS": "*"}, {"StringEquals": {"AWS:SourceOwner": "111122223333"}})

test_unreadable if count(iam_003.deny) == 1 with input as {"inputs": {"policy": "{"}}

test_none if count(iam_003.deny) == 0 with input as {"inputs": {"policy": ""}}

test_taken_away if count(iam_003.deny) == 0 with input as {"inputs": {"policy": "{}"}}

test_archive if count(iam_003.deny) == 1 with input as {"inputs": {"accessPolicy": json.marshal({"Statement": {"Effect": "Allow", "Principal": "*", "Action": "*"}})}}

test_logs if count(iam_003.deny) == 1 with input as {"inputs": {"policyDocument": json.marshal({"Statement": {"Effect": "Allow", "Principal": "*", "Action": "*"}})}}

test_tables if count(iam_003.deny) == 1 with input as {"inputs": {"resourcePolicy": json.marshal({"Statement": {"Effect": "Allow", "Principal": "*", "Action": "*"}})}}

test_search if count(iam_003.deny) == 1 with input as {"inputs": {"accessPolicies": json.marshal({"Statement": {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "es:*"}})}}

tied_to(arn) := {"inputs": {"policy": {"Statement": [{"Effect": "Allow", "Principal": "*", "Condition": {"ArnLike": {"aws:PrincipalArn": arn}}}]}}}

test_tied_to_an_account if count(iam_003.deny) == 0 with input as tied_to("arn:aws:iam::111122223333:role/*")

test_tied_to_any_account if count(iam_003.deny) == 1 with input as tied_to("arn:aws:iam::*:role/*")

anybody := json.marshal({"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]})

test_under_every_name if {
	every inputs in [
		{"policy": anybody}, {"accessPolicies": anybody}, {"accessPolicy": anybody}, {"policyDocument": anybody}, {"resourcePolicy": anybody},
		{"deliveryDestinationPolicy": anybody}, {"details": {"name": "a", "policy": anybody}}, {"content": anybody},
	] {
		count(iam_003.deny) == 1 with input as {"inputs": inputs}
	}
}

test_permissions if {
	count(iam_003.deny) == 1 with input as {"inputs": {"principal": "*"}}
	count(iam_003.deny) == 0 with input as {"inputs": {"principal": "111122223333"}}
	count(iam_003.deny) == 0 with input as {"inputs": {"principal": "*", "organizationId": "o-1"}}
	count(iam_003.deny) == 0 with input as {"inputs": {"principal": "*", "condition": {"key": "aws:PrincipalOrgID", "type": "StringEquals", "value": "o-1"}}}
	count(iam_003.deny) == 1 with input as {"inputs": {"principal": "*", "condition": {"key": "aws:PrincipalOrgID", "type": "StringLike", "value": "*"}}}
}
