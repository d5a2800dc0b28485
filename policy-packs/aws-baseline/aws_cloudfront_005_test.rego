package aws.cloudfront_005_test

import rego.v1

import data.aws.cloudfront_005

test_guarded if count(cloudfront_005.deny) == 0 with input as {"inputs": {"webAclId": "arn:aws:wafv2:us-east-1:1:global/webacl/a/b"}}

test_default if count(cloudfront_005.deny) == 1 with input as {"inputs": {}}

test_empty if count(cloudfront_005.deny) == 1 with input as {"inputs": {"webAclId": ""}}
