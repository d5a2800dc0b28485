# METADATA
# title: Bucket policies deny requests without TLS
# description: S3 answers plain HTTP unless the bucket policy denies it.
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/s3-controls.html#s3-5
# custom:
#   id: AWS-S3-008
#   severity: medium
#   level: mandatory
#   scope: resource
#   types:
#     - "aws:s3/bucketPolicy:BucketPolicy"
#     - "aws:s3/bucket:Bucket"
#     - "aws:s3/bucketV2:BucketV2"
#   unknown: undetermined
#   frameworks:
#     cis-aws-3.0: ["2.1.1"]
#     pci-dss-4.0: ["4.2.1"]
#     iso-27001-2022: ["A.8.24"]
#   remediation: "Add to the policy of {urn} a statement that denies `s3:*` to `*` on the bucket and its objects while `aws:SecureTransport` is false."
package aws.s3_008

import rego.v1

import data.aws.lib

deny contains {"path": ["policy"], "msg": "the bucket policy does not deny requests without TLS"} if {
	lib.is_readable(input.inputs.policy)
	not denies_plain_http
}

denies_plain_http if {
	some statement in lib.denying(input.inputs.policy)
	lib.is_for_anybody(statement)
	some action in lib.list(statement.action)
	is_all_of_s3(action)
	some operator, conditions in statement.condition
	lower(operator) == "bool"
	some key, values in conditions
	lower(key) == "aws:securetransport"
	some value in lib.list(values)
	lib.is_false(value)
}

is_all_of_s3(action) if lib.is_everything(action)

is_all_of_s3(action) if lower(action) == "s3:*"
