# METADATA
# title: Keys wait before they are deleted
# description: "With a key, everything that was ever encrypted with it is gone."
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/kms/latest/developerguide/deleting-keys.html
# custom:
#   id: AWS-KMS-003
#   severity: medium
#   level: advisory
#   scope: resource
#   types:
#     - "aws:kms/key:Key"
#     - "aws:kms/externalKey:ExternalKey"
#     - "aws:kms/replicaKey:ReplicaKey"
#   unknown: undetermined
#   parameters:
#     days: {type: integer, default: 14}
#   frameworks:
#     iso-27001-2022: ["A.8.24"]
#   remediation: "Set `deletionWindowInDays` of {urn} to at least {days}, or remove it."
package aws.kms_003

import rego.v1

# The default is thirty days.
deny contains {"path": ["deletionWindowInDays"], "actual": days, "expected": input.params.days, "msg": "the key is deleted after a few days"} if {
	days := input.inputs.deletionWindowInDays
	to_number(days) < input.params.days
}
