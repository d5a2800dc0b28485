# METADATA
# title: Every bucket has a public access block
# description: A bucket without a block depends on defaults of the account.
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/s3-controls.html#s3-8
# custom:
#   id: AWS-S3-004
#   severity: medium
#   level: mandatory
#   scope: stack
#   types:
#     - "aws:s3/bucket:Bucket"
#     - "aws:s3/bucketV2:BucketV2"
#     - "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
#   unknown: irrelevant
#   frameworks:
#     cis-aws-3.0: ["2.1.4"]
#     pci-dss-4.0: ["1.4.4"]
#     iso-27001-2022: ["A.8.3"]
#   remediation: "Add a `aws.s3.BucketPublicAccessBlock` with all four flags for every bucket of {urn}."
package aws.s3_004

import rego.v1

kinds(names) := sum([count | some name in names; count := input.counts.types[name]])

deny contains {"actual": blocks, "expected": buckets, "msg": "there are fewer public access blocks than buckets"} if {
	buckets := kinds({"aws:s3/bucket:Bucket", "aws:s3/bucketV2:BucketV2"})
	blocks := kinds({"aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"})
	blocks < buckets
}
