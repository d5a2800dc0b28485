package aws.s3_003_test

import rego.v1

import data.aws.s3_003

policy(principal, condition) := json.marshal({"Statement": [{"Effect": "Allow", "Principal": principal, "Condition": condition}]})

test_named if count(s3_003.deny) == 0 with input as {"inputs": {"policy": policy({"AWS": "arn:aws:iam::1:root"}, {})}}

test_no_policy if count(s3_003.deny) == 0 with input as {"inputs": {}}

test_star if count(s3_003.deny) == 1 with input as {"inputs": {"policy": policy("*", {})}}

test_aws_star if count(s3_003.deny) == 1 with input as {"inputs": {"policy": policy({"AWS": ["*"]}, {})}}

test_tied if {
	count(s3_003.deny) == 0 with input as {"inputs": {"policy": policy("*", {"StringEquals": {"aws:SourceArn": "arn:aws:s3:::b"}})}}
}

test_condition_that_anybody_meets if {
	count(s3_003.deny) == 1 with input as {"inputs": {"policy": policy("*", {"Bool": {"aws:SecureTransport": "true"}})}}
}

test_unreadable if count(s3_003.deny) == 1 with input as {"inputs": {"policy": "{"}}

tied_to(arn) := {"inputs": {"policy": {"Statement": [{"Effect": "Allow", "Principal": "*", "Condition": {"ArnLike": {"aws:PrincipalArn": arn}}}]}}}

test_tied_to_an_account if count(s3_003.deny) == 0 with input as tied_to("arn:aws:iam::111122223333:role/*")

test_tied_to_any_account if count(s3_003.deny) == 1 with input as tied_to("arn:aws:iam::*:role/*")
