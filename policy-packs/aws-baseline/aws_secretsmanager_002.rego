# METADATA
# title: Deleted secrets can be taken back
# description: A window of no days deletes a secret at once and for good.
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/secretsmanager/latest/userguide/manage_delete-secret.html
# custom:
#   id: AWS-SECRETSMANAGER-002
#   severity: medium
#   level: advisory
#   scope: resource
#   types:
#     - "aws:secretsmanager/secret:Secret"
#   unknown: undetermined
#   frameworks:
#     iso-27001-2022: ["A.8.13"]
#   remediation: "Remove `recoveryWindowInDays: 0` from {urn}."
package aws.secretsmanager_002

import rego.v1

# The default is thirty days.
deny contains {"path": ["recoveryWindowInDays"], "actual": 0, "msg": "a deleted secret is gone at once"} if {
	input.inputs.recoveryWindowInDays == 0
}
