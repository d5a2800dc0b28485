# METADATA
# title: Secrets rotate
# description: "A secret that never changes is known to everybody who ever had it. A secret that others rotate is not visible here, so this only warns."
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

import data.aws.lib

deny contains {"actual": rotations, "expected": secrets, "msg": "there are fewer rotations than secrets"} if {
	secrets := lib.kinds(input.counts.types, {"aws:secretsmanager/secret:Secret"})
	rotations := lib.kinds(input.counts.types, {"aws:secretsmanager/secretRotation:SecretRotation"})
	rotations < secrets
}
