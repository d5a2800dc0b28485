# METADATA
# title: Every bucket has a public access block of its own
# description: "AWS-S3-004 counts; this one matches. A block is matched to its bucket by the bucket's name, so a bucket whose name the provider makes up later, as with `bucketPrefix`, has none."
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/s3-controls.html#s3-8
# custom:
#   id: AWS-S3-012
#   severity: medium
#   level: advisory
#   scope: stack
#   types:
#     - "aws:s3/bucket:Bucket"
#     - "aws:s3/bucketV2:BucketV2"
#     - "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
#   unknown: undetermined
#   frameworks:
#     cis-aws-3.0: ["2.1.4"]
#     pci-dss-4.0: ["1.4.4"]
#     iso-27001-2022: ["A.8.3"]
#   remediation: "Add an `aws.s3.BucketPublicAccessBlock` with all four flags for the bucket {urn}. Where it has one, give the bucket a name with `bucket` in place of `bucketPrefix`, and the block the same name."
package aws.s3_012

import rego.v1

bucket := {"aws:s3/bucket:Bucket", "aws:s3/bucketV2:BucketV2"}

block := "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"

buckets contains input.resources[i].urn if {
	some i
	input.resources[i].type in bucket
}

blocks contains input.resources[i].urn if {
	some i
	input.resources[i].type == block
}

# The names of buckets that have a block. A block that is replaced is there in two steps, with one name.
blocked contains input.resources[i].inputs.bucket if {
	some i
	input.resources[i].type == block
	names_one(i)
}

names_one(i) if is_string(input.resources[i].inputs.bucket)

is_unnamable(i) if is_boolean(input.resources[i].inputs.bucket)

is_blocked(i) if input.resources[i].inputs.bucket in blocked

# Buckets that no block names.
bare contains input.resources[i].urn if {
	some i
	input.resources[i].type in bucket
	not is_blocked(i)
}

# Where a name is not known, the rule is asked with one of several values in its place, `false` among them, and a finding must come
# of all: a bucket with such a name may have one of the blocks, and a block without a name may be for one of the bare buckets.
certain contains input.resources[i].urn if {
	some i
	input.resources[i].type in bucket
	not is_blocked(i)
	not is_unnamable(i)
}

open contains input.resources[i].urn if {
	some i
	input.resources[i].type == block
	not names_one(i)
}

missing := bare if count(blocks) < count(buckets)

missing := certain if {
	count(blocks) >= count(buckets)
	count(certain) > count(open)
}

deny contains {"urn": urn, "msg": "no public access block names the bucket"} if some urn in missing

# What is known and still no name matches nothing. It is no bucket that the provider takes, and no pass.
deny contains {"urn": input.resources[i].urn, "path": ["bucket"], "msg": "the public access block names no bucket"} if {
	some i
	input.resources[i].type == block
	not names_one(i)
}

deny contains {"urn": input.resources[i].urn, "path": ["bucket"], "msg": "the name of the bucket is no text"} if {
	some i
	input.resources[i].type in bucket
	is_unnamable(i)
}
