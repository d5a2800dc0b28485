# METADATA
# title: New volumes are encrypted by default
# description: The default of the region is the net below every volume that somebody forgets to encrypt.
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html#ec2-7
# custom:
#   id: AWS-EBS-002
#   severity: high
#   level: mandatory
#   scope: resource
#   types:
#     - "aws:ebs/encryptionByDefault:EncryptionByDefault"
#   unknown: undetermined
#   frameworks:
#     cis-aws-3.0: ["2.2.1"]
#     pci-dss-4.0: ["3.5.1"]
#     iso-27001-2022: ["A.8.24"]
#   remediation: "Remove `enabled: false` from {urn}."
package aws.ebs_002

import rego.v1

# The default is on.
deny contains {"path": ["enabled"], "actual": false, "expected": true, "msg": "encryption by default is turned off"} if {
	input.inputs.enabled == false
}
