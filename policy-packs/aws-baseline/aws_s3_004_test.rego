package aws.s3_004_test

import rego.v1

import data.aws.s3_004

counts(buckets, blocks) := {"counts": {"types": {
	"aws:s3/bucket:Bucket": buckets,
	"aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": blocks,
}}}

test_equal if count(s3_004.deny) == 0 with input as counts(2, 2)

test_none if count(s3_004.deny) == 0 with input as {"counts": {"types": {}}}

test_fewer if count(s3_004.deny) == 1 with input as counts(2, 1)

test_no_block if count(s3_004.deny) == 1 with input as {"counts": {"types": {"aws:s3/bucketV2:BucketV2": 1}}}
