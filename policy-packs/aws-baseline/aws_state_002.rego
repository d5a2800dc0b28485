# METADATA
# title: Protection is not taken away
# description: "Unprotected today, deleted tomorrow: two harmless changes make one loss. HYGIENE-STATE-001 of the pack pulumi-hygiene says the same: a stack with both packs hears it twice, and a waiver must name both."
# scope: package
# related_resources:
#   - ref: https://www.pulumi.com/docs/iac/concepts/resources/options/protect/
# custom:
#   id: AWS-STATE-002
#   severity: high
#   level: mandatory
#   scope: resource
#   types:
#     - "*"
#   unknown: irrelevant
#   frameworks:
#     iso-27001-2022: ["A.8.32"]
#   remediation: "Set `protect: true` again in the options of {urn}; only a person may take it away."
package aws.state_002

import rego.v1

deny contains {"msg": "the resource loses its protection"} if {
	input.old_options.protect == true
	not input.options.protect == true
}
