# METADATA
# title: EBS volumes are encrypted
# description: A snapshot of a volume in the clear is data in the clear.
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html#ec2-3
# custom:
#   id: AWS-EBS-001
#   severity: high
#   level: mandatory
#   scope: resource
#   types:
#     - "aws:ebs/volume:Volume"
#   unknown: undetermined
#   frameworks:
#     pci-dss-4.0: ["3.5.1"]
#     iso-27001-2022: ["A.8.24"]
#   remediation: "Set `encrypted: true` on {urn}."
package aws.ebs_001

import rego.v1

deny contains {"path": ["encrypted"], "expected": true, "msg": "the volume is not encrypted"} if {
	not input.inputs.encrypted == true
}
