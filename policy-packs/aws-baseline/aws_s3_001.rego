# METADATA
# title: A public access block sets all four flags
# description: One flag that is off leaves a way to make objects public.
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/s3-controls.html#s3-8
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/s3-controls.html#s3-1
# custom:
#   id: AWS-S3-001
#   severity: high
#   level: mandatory
#   scope: resource
#   types:
#     - "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
#     - "aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock"
#   unknown: undetermined
#   frameworks:
#     cis-aws-3.0: ["2.1.4"]
#     pci-dss-4.0: ["1.4.4"]
#     iso-27001-2022: ["A.8.3"]
#   remediation: "Set `{path}: true` on {urn}."
package aws.s3_001

import rego.v1

is_on["blockPublicAcls"] if input.inputs.blockPublicAcls == true

is_on["blockPublicPolicy"] if input.inputs.blockPublicPolicy == true

is_on["ignorePublicAcls"] if input.inputs.ignorePublicAcls == true

is_on["restrictPublicBuckets"] if input.inputs.restrictPublicBuckets == true

deny contains {"path": [flag], "expected": true, "msg": concat("", ["`", flag, "` is not on"])} if {
	some flag in {"blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"}
	not is_on[flag]
}
