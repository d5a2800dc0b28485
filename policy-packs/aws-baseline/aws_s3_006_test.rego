package aws.s3_006_test

import rego.v1

import data.aws.s3_006

# So many resources of each type.
steps(types) := {"resources": [{"type": type, "urn": sprintf("%s %d", [type, number])} |
	some type, count in types
	some number in numbers.range(1, count)
]}

test_equal if count(s3_006.deny) == 0 with input as steps({"aws:s3/bucket:Bucket": 1, "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": 1})

test_fewer if count(s3_006.deny) == 1 with input as steps({"aws:s3/bucketV2:BucketV2": 2, "aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2": 1})

test_nothing if count(s3_006.deny) == 0 with input as steps({})
