# METADATA
# title: Buckets do without ACLs
# description: Access that is written in policies alone can be read in one place.
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/s3-controls.html#s3-12
# custom:
#   id: AWS-S3-010
#   severity: medium
#   level: advisory
#   scope: resource
#   types:
#     - "aws:s3/bucketOwnershipControls:BucketOwnershipControls"
#   unknown: undetermined
#   frameworks:
#     pci-dss-4.0: ["7.2.1"]
#     iso-27001-2022: ["A.5.15"]
#   remediation: "Set `rule.objectOwnership: BucketOwnerEnforced` on {urn}, and grant access with a bucket policy."
package aws.s3_010

import rego.v1

deny contains {"path": ["rule", "objectOwnership"], "actual": ownership, "expected": "BucketOwnerEnforced", "msg": "the bucket uses ACLs"} if {
	ownership := input.inputs.rule.objectOwnership
	ownership != "BucketOwnerEnforced"
}
