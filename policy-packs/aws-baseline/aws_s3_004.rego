# METADATA
# title: Every bucket has a public access block
# description: "A bucket without a block depends on defaults of the account. This rule counts, because whose block it is is mostly unknown at preview; AWS-S3-012 matches names where they are known."
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

# A resource that is replaced is there in two steps and counts once.
buckets contains input.resources[i].urn if {
	some i
	input.resources[i].type in {"aws:s3/bucket:Bucket", "aws:s3/bucketV2:BucketV2"}
}

blocks contains input.resources[i].urn if {
	some i
	input.resources[i].type == "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
}

deny contains {"actual": count(blocks), "expected": count(buckets), "msg": "there are fewer public access blocks than buckets"} if count(blocks) < count(buckets)
