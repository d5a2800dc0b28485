package aws.s3_005_test

import rego.v1

import data.aws.s3_005

test_enabled if count(s3_005.deny) == 0 with input as {"inputs": {"versioningConfiguration": {"status": "Enabled"}}}

test_suspended if count(s3_005.deny) == 1 with input as {"inputs": {"versioningConfiguration": {"status": "Suspended"}}}

test_inside_the_bucket if count(s3_005.deny) == 1 with input as {"inputs": {"versioning": {"enabled": false}}}

test_inside_an_older_bucket if count(s3_005.deny) == 1 with input as {"inputs": {"versionings": [{"enabled": false}]}}

test_bucket_without_it if count(s3_005.deny) == 0 with input as {"inputs": {}}
