package aws.s3_004_test

import rego.v1

import data.aws.s3_004

# So many resources of each type.
steps(types) := {"resources": [{"type": type, "urn": sprintf("%s %d", [type, number])} |
	some type, count in types
	some number in numbers.range(1, count)
]}

counts(buckets, blocks) := steps({
	"aws:s3/bucket:Bucket": buckets,
	"aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": blocks,
})

test_equal if count(s3_004.deny) == 0 with input as counts(2, 2)

test_none if count(s3_004.deny) == 0 with input as steps({})

test_fewer if count(s3_004.deny) == 1 with input as counts(2, 1)

test_no_block if count(s3_004.deny) == 1 with input as steps({"aws:s3/bucketV2:BucketV2": 1})

test_a_replacement_counts_once if count(s3_004.deny) == 1 with input as {"resources": array.concat(counts(2, 1).resources, counts(2, 1).resources)}
