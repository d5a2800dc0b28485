# METADATA
# title: One change removes few resources
# description: Whoever means to remove many things says so to a person. A replacement is a removal too, and counts once.
# scope: package
# related_resources:
#   - ref: https://www.pulumi.com/docs/iac/cli/commands/pulumi_preview/
# custom:
#   id: HYGIENE-SIZE-001
#   severity: high
#   level: mandatory
#   scope: stack
#   types:
#     - "*"
#   ops: [delete, delete-replaced, replace, discard, discard-replaced, remove-pending-replace]
#   unknown: irrelevant
#   parameters:
#     removals_max: {type: integer, default: 5}
#   remediation: "Split the change of {urn}, or leave what it removes: at most {removals_max} resources may be deleted or replaced at once."
package hygiene.size_001

import rego.v1

removed contains input.resources[_].urn

deny contains {"actual": count(removed), "expected": input.params.removals_max, "msg": "too much is removed at once"} if {
	count(removed) > input.params.removals_max
}
