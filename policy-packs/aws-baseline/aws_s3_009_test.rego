package aws.s3_009_test

import rego.v1

import data.aws.s3_009

test_default if count(s3_009.deny) == 0 with input as {"inputs": {}}

test_on if count(s3_009.deny) == 0 with input as {"inputs": {"publicAccessBlockConfiguration": {"blockPublicAcls": true}}}

test_two_off if count(s3_009.deny) == 2 with input as {"inputs": {"publicAccessBlockConfiguration": {"blockPublicPolicy": false, "restrictPublicBuckets": false}}}
