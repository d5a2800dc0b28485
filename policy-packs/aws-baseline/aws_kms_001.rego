# METADATA
# title: KMS keys rotate
# description: A key that never changes protects everything ever encrypted with it.
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/kms-controls.html#kms-4
# custom:
#   id: AWS-KMS-001
#   severity: medium
#   level: mandatory
#   scope: resource
#   types:
#     - "aws:kms/key:Key"
#   unknown: undetermined
#   frameworks:
#     cis-aws-3.0: ["3.6"]
#     pci-dss-4.0: ["3.7.4"]
#     iso-27001-2022: ["A.8.24"]
#   remediation: "Set `enableKeyRotation: true` on {urn}."
package aws.kms_001

import rego.v1

# Only symmetric keys can rotate by themselves.
is_symmetric if not names_a_kind

names_a_kind if is_string(input.inputs.customerMasterKeySpec)

is_symmetric if input.inputs.customerMasterKeySpec == "SYMMETRIC_DEFAULT"

deny contains {"path": ["enableKeyRotation"], "expected": true, "msg": "the key does not rotate"} if {
	is_symmetric
	not input.inputs.enableKeyRotation == true
}
