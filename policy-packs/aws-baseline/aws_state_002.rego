# METADATA
# title: Protection is not taken away
# description: "Unprotected today, deleted tomorrow: two harmless changes make one loss."
# scope: package
# custom:
#   id: AWS-STATE-002
#   severity: high
#   level: mandatory
#   scope: resource
#   types:
#     - "*"
#   unknown: irrelevant
#   remediation: "Set `protect: true` again in the options of {urn}; only a person may take it away."
package aws.state_002

import rego.v1

deny contains {"msg": "the resource loses its protection"} if {
	input.old_options.protect == true
	not input.options.protect == true
}
