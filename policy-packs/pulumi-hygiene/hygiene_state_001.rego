# METADATA
# title: Protection is not taken away
# description: "Unprotected today, deleted tomorrow: two harmless changes make one loss. AWS-STATE-002 of the pack aws-baseline says the same, for a stack that takes that pack alone."
# scope: package
# related_resources:
#   - ref: https://www.pulumi.com/docs/iac/concepts/options/protect/
# custom:
#   id: HYGIENE-STATE-001
#   severity: high
#   level: mandatory
#   scope: resource
#   types:
#     - "*"
#   unknown: irrelevant
#   remediation: "Set `protect: true` again in the options of {urn}; only a person may take it away."
package hygiene.state_001

import rego.v1

deny contains {"actual": false, "expected": true, "msg": "the resource loses its protection"} if {
	input.old_options.protect == true
	not input.options.protect == true
}
