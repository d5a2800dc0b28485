# METADATA
# title: Nobody can lock himself out of a key or a file system
# description: "Without the check, a policy can be written that nobody may change again, not even the account."
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html
# custom:
#   id: AWS-IAM-011
#   severity: medium
#   level: mandatory
#   scope: resource
#   types:
#     - "aws:kms/key:Key"
#     - "aws:kms/keyPolicy:KeyPolicy"
#     - "aws:kms/replicaKey:ReplicaKey"
#     - "aws:kms/externalKey:ExternalKey"
#     - "aws:kms/replicaExternalKey:ReplicaExternalKey"
#     - "aws:efs/fileSystemPolicy:FileSystemPolicy"
#   unknown: undetermined
#   frameworks:
#     iso-27001-2022: ["A.5.15"]
#   remediation: "Remove `bypassPolicyLockoutSafetyCheck: true` from {urn}."
package aws.iam_011

import rego.v1

# The default is to check.
deny contains {"path": ["bypassPolicyLockoutSafetyCheck"], "actual": true, "expected": false, "msg": "a policy could lock everybody out"} if {
	input.inputs.bypassPolicyLockoutSafetyCheck == true
}
