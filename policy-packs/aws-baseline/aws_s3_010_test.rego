package aws.s3_010_test

import rego.v1

import data.aws.s3_010

test_enforced if count(s3_010.deny) == 0 with input as {"inputs": {"rule": {"objectOwnership": "BucketOwnerEnforced"}}}

test_writer if count(s3_010.deny) == 1 with input as {"inputs": {"rule": {"objectOwnership": "ObjectWriter"}}}

test_preferred if count(s3_010.deny) == 1 with input as {"inputs": {"rule": {"objectOwnership": "BucketOwnerPreferred"}}}
