# METADATA
# title: Tables can be restored to a point in time
# description: "Without it, a mistake in the data is forever."
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/dynamodb-controls.html#dynamodb-2
# custom:
#   id: AWS-DYNAMODB-001
#   severity: medium
#   level: advisory
#   scope: resource
#   types:
#     - "aws:dynamodb/table:Table"
#   unknown: undetermined
#   frameworks:
#     iso-27001-2022: ["A.8.13"]
#   remediation: "Set `pointInTimeRecovery.enabled: true` on {urn}."
package aws.dynamodb_001

import rego.v1

# The default is off.
deny contains {"path": ["pointInTimeRecovery", "enabled"], "expected": true, "msg": "the table cannot be restored to a point in time"} if {
	not input.inputs.pointInTimeRecovery.enabled == true
}
