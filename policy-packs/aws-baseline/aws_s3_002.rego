# METADATA
# title: S3 ACLs grant nothing to everybody
# description: A public ACL makes data readable by anybody.
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/s3-controls.html#s3-2
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/s3-controls.html#s3-3
# custom:
#   id: AWS-S3-002
#   severity: critical
#   level: mandatory
#   scope: resource
#   types:
#     - "aws:s3/bucket:Bucket"
#     - "aws:s3/bucketV2:BucketV2"
#     - "aws:s3/bucketAcl:BucketAcl"
#     - "aws:s3/bucketAclV2:BucketAclV2"
#     - "aws:s3/bucketObject:BucketObject"
#     - "aws:s3/bucketObjectv2:BucketObjectv2"
#     - "aws:s3/objectCopy:ObjectCopy"
#   unknown: undetermined
#   frameworks:
#     pci-dss-4.0: ["1.4.4"]
#     iso-27001-2022: ["A.8.3"]
#   remediation: "Remove the public grant at `{path}` of {urn}; publish through a CloudFront distribution with origin access control instead."
package aws.s3_002

import rego.v1

public_acls := {"public-read", "public-read-write", "authenticated-read", "website"}

deny contains {"path": ["acl"], "actual": input.inputs.acl, "expected": "private", "msg": "the ACL is public"} if {
	lower(input.inputs.acl) in public_acls
}

deny contains {"path": ["grants", i], "msg": "a grant is to everybody"} if {
	is_everybody(input.inputs.grants[i].uri)
}

deny contains {"path": ["accessControlPolicy", "grants", i], "msg": "a grant is to everybody"} if {
	is_everybody(input.inputs.accessControlPolicy.grants[i].grantee.uri)
}

is_everybody(uri) if endswith(uri, "/groups/global/AllUsers")

is_everybody(uri) if endswith(uri, "/groups/global/AuthenticatedUsers")
