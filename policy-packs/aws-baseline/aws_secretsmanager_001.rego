# METADATA
# title: Secrets rotate
# description: "A secret that never changes is known to everybody who ever had it. A secret that others rotate is not visible here, so this only warns. The kinds are counted, not matched."
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/secretsmanager-controls.html#secretsmanager-1
# custom:
#   id: AWS-SECRETSMANAGER-001
#   severity: medium
#   level: advisory
#   scope: stack
#   types:
#     - "aws:secretsmanager/secret:Secret"
#     - "aws:secretsmanager/secretRotation:SecretRotation"
#   unknown: irrelevant
#   frameworks:
#     pci-dss-4.0: ["8.6.3"]
#     iso-27001-2022: ["A.5.17"]
#   remediation: "Add an `aws.secretsmanager.SecretRotation` for every secret of {urn} that a person or a program chose."
package aws.secretsmanager_001

import rego.v1

# A resource that is replaced is there in two steps and counts once.
secrets contains input.resources[i].urn if {
	some i
	input.resources[i].type == "aws:secretsmanager/secret:Secret"
}

rotations contains input.resources[i].urn if {
	some i
	input.resources[i].type == "aws:secretsmanager/secretRotation:SecretRotation"
}

deny contains {"actual": count(rotations), "expected": count(secrets), "msg": "there are fewer rotations than secrets"} if count(rotations) < count(secrets)
