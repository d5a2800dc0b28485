package aws.s3_007_test

import rego.v1

import data.aws.s3_007

# So many resources of each type.
steps(types) := {"resources": [{"type": type, "urn": sprintf("%s %d", [type, number])} |
	some type, count in types
	some number in numbers.range(1, count)
]}

test_logged if count(s3_007.deny) == 0 with input as steps({"aws:s3/bucket:Bucket": 2, "aws:s3/bucketLogging:BucketLogging": 1})

test_not_logged if count(s3_007.deny) == 1 with input as steps({"aws:s3/bucket:Bucket": 1})

test_no_buckets if count(s3_007.deny) == 0 with input as steps({})
