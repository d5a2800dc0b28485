# METADATA
# title: Every bucket says how it is encrypted
# description: S3 encrypts everything with its own keys by default; a stack that says how cannot change by accident. The kinds are counted, not matched.
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/AmazonS3/latest/userguide/default-bucket-encryption.html
# custom:
#   id: AWS-S3-006
#   severity: low
#   level: advisory
#   scope: stack
#   types:
#     - "aws:s3/bucket:Bucket"
#     - "aws:s3/bucketV2:BucketV2"
#     - "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
#     - "aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2"
#   unknown: irrelevant
#   frameworks:
#     pci-dss-4.0: ["3.5.1"]
#     iso-27001-2022: ["A.8.24"]
#   remediation: "Add an `aws.s3.BucketServerSideEncryptionConfiguration` for every bucket of {urn}."
package aws.s3_006

import rego.v1

# A resource that is replaced is there in two steps and counts once.
buckets contains input.resources[i].urn if {
	some i
	input.resources[i].type in {"aws:s3/bucket:Bucket", "aws:s3/bucketV2:BucketV2"}
}

configurations contains input.resources[i].urn if {
	some i
	input.resources[i].type in {
		"aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
		"aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2",
	}
}

deny contains {"actual": count(configurations), "expected": count(buckets), "msg": "there are fewer encryption configurations than buckets"} if count(configurations) < count(buckets)
