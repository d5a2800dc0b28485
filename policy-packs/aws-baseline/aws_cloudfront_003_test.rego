package aws.cloudfront_003_test

import rego.v1

import data.aws.cloudfront_003

test_logged if count(cloudfront_003.deny) == 0 with input as {"inputs": {"loggingConfig": {"bucket": "logs.s3.amazonaws.com"}}}

test_default if count(cloudfront_003.deny) == 1 with input as {"inputs": {}}

test_empty if count(cloudfront_003.deny) == 1 with input as {"inputs": {"loggingConfig": {"bucket": ""}}}
