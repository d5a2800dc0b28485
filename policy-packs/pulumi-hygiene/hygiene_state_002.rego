# METADATA
# title: Retention is not taken away
# description: With `retainOnDelete` a delete leaves the real thing; without it, the next delete takes it.
# scope: package
# related_resources:
#   - ref: https://www.pulumi.com/docs/iac/concepts/options/retainondelete/
# custom:
#   id: HYGIENE-STATE-002
#   severity: high
#   level: mandatory
#   scope: resource
#   types:
#     - "*"
#   unknown: irrelevant
#   remediation: "Set `retainOnDelete: true` again in the options of {urn}; only a person may take it away."
package hygiene.state_002

import rego.v1

deny contains {"actual": false, "expected": true, "msg": "the resource is no longer retained"} if {
	input.old_options.retain_on_delete == true
	not input.options.retain_on_delete == true
}
