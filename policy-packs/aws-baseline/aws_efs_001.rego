# METADATA
# title: File systems are encrypted
# description: Encryption can only be turned on when the file system is made.
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/efs-controls.html#efs-1
# custom:
#   id: AWS-EFS-001
#   severity: high
#   level: mandatory
#   scope: resource
#   types:
#     - "aws:efs/fileSystem:FileSystem"
#   unknown: undetermined
#   frameworks:
#     cis-aws-3.0: ["2.4.1"]
#     pci-dss-4.0: ["3.5.1"]
#     iso-27001-2022: ["A.8.24"]
#   remediation: "Set `encrypted: true` on {urn}; this replaces a file system that exists, so copy its data first."
package aws.efs_001

import rego.v1

# The default is no encryption.
deny contains {"path": ["encrypted"], "expected": true, "msg": "the file system is not encrypted"} if {
	not input.inputs.encrypted == true
}
