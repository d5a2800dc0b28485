# METADATA
# title: Bucket policies deny requests without TLS
# description: "S3 answers plain HTTP unless the bucket policy denies it. A bucket without any policy is not seen: which bucket a policy is of, a preview often does not know."
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
	some bucket in denied
	bucket in denied_objects
}

denied contains bucket if {
	some statement in denials
	some resource in lib.list(statement.resource)
	some bucket in buckets(resource)
}

denied_objects contains bucket if {
	some statement in denials
	some resource in lib.list(statement.resource)
	some bucket in buckets_of_objects(resource)
}

# S3 takes no policy that names another bucket, so it is enough that the name is the same. `b*` is the bucket and its objects.
buckets(resource) := {trim_right(resource, "*")} if not contains(resource, "/")

buckets_of_objects(resource) := {trim_right(resource, "*")} if {
	not contains(resource, "/")
	endswith(resource, "*")
}

buckets_of_objects(resource) := {trim_suffix(resource, "/*")} if endswith(resource, "/*")

# What denies everything to everybody as soon as it is not encrypted, and under no other condition.
denials := [statement |
	some statement in lib.denying(input.inputs.policy)
	is_for_all(statement.principal)
	some action in lib.list(statement.action)
	is_all_of_s3(action)
	count(statement.condition) == 1
	some operator, conditions in statement.condition
	lower(operator) in {"bool", "boolifexists"}
	count(conditions) == 1
	some key, values in conditions
	lower(key) == "aws:securetransport"
	some value in lib.list(values)
	lib.is_false(value)
]

is_for_all("*")

is_for_all(principal) if {
	some key, value in principal
	lower(key) == "aws"
	"*" in lib.list(value)
}

is_all_of_s3(action) if lib.is_everything(action)

is_all_of_s3(action) if lower(action) == "s3:*"
