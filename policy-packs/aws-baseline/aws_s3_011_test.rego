package aws.s3_011_test

import rego.v1

import data.aws.s3_011

given(algorithm) := {"inputs": {"rules": [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": algorithm}}]}, "params": {"algorithms": ["aws:kms"]}}

test_allowed if count(s3_011.deny) == 0 with input as given("aws:kms")

test_not_allowed if count(s3_011.deny) == 1 with input as given("AES256")

test_nothing if count(s3_011.deny) == 0 with input as {"inputs": {"rules": [{}]}, "params": {"algorithms": ["aws:kms"]}}
