# METADATA
# title: Bucket policies allow nothing to everybody
# description: A statement for any principal opens the bucket to the world.
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/s3-controls.html#s3-6
# custom:
#   id: AWS-S3-003
#   severity: critical
#   level: mandatory
#   scope: resource
#   types:
#     - "aws:s3/bucketPolicy:BucketPolicy"
#     - "aws:s3/bucket:Bucket"
#     - "aws:s3/bucketV2:BucketV2"
#   unknown: undetermined
#   frameworks:
#     pci-dss-4.0: ["7.2.1"]
#     iso-27001-2022: ["A.5.15"]
#   remediation: "Name the principals at `{path}` of {urn}, or tie the statement to your accounts with `aws:PrincipalOrgID`, `aws:SourceAccount` or the like under `StringEquals`. Under `ArnLike` an ARN ties where its account is literal; with the ARN of a bucket, which has none, add `aws:SourceAccount`."
package aws.s3_003

import rego.v1

import data.aws.lib

deny contains {"path": ["policy"], "msg": "the bucket policy is not a policy document"} if {
	input.inputs.policy != null
	not lib.is_readable(input.inputs.policy)
}

deny contains {"path": ["policy"], "msg": "the bucket policy allows access to everybody"} if {
	some statement in lib.allowing(input.inputs.policy)
	lib.is_for_anybody(statement)
	not lib.is_tied(statement)
}
