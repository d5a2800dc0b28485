# METADATA
# title: Access points block public access
# description: Flags that are off at an access point cannot be turned on later.
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/s3-controls.html#s3-19
# custom:
#   id: AWS-S3-009
#   severity: critical
#   level: mandatory
#   scope: resource
#   types:
#     - "aws:s3/accessPoint:AccessPoint"
#   unknown: undetermined
#   frameworks:
#     pci-dss-4.0: ["1.4.4"]
#     iso-27001-2022: ["A.8.3"]
#   remediation: "Remove `{path}` from {urn}; all four flags are on by default."
package aws.s3_009

import rego.v1

# A flag that is not given is on.
deny contains {"path": ["publicAccessBlockConfiguration", flag], "actual": false, "expected": true, "msg": concat("", ["`", flag, "` is off"])} if {
	some flag in {"blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"}
	input.inputs.publicAccessBlockConfiguration[flag] == false
}
