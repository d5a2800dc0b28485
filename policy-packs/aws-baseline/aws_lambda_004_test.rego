package aws.lambda_004_test

import rego.v1

import data.aws.lambda_004

test_source if count(lambda_004.deny) == 0 with input as {"inputs": {"principal": "s3.amazonaws.com", "sourceArn": "arn:aws:s3:::b"}}

test_account if count(lambda_004.deny) == 0 with input as {"inputs": {"principal": "s3.amazonaws.com", "sourceAccount": "111122223333"}}

test_no_source if count(lambda_004.deny) == 1 with input as {"inputs": {"principal": "s3.amazonaws.com"}}

test_account_as_principal if count(lambda_004.deny) == 0 with input as {"inputs": {"principal": "111122223333"}}

test_for_any_account if {
	count(lambda_004.deny) == 1 with input as {"inputs": {"principal": "events.amazonaws.com", "sourceArn": "arn:aws:events:*:*:rule/*"}}
	count(lambda_004.deny) == 1 with input as {"inputs": {"principal": "s3.amazonaws.com", "sourceArn": "arn:aws:s3:::*"}}
}
