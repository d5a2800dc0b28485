# METADATA
# title: One change leaves most of the stack
# description: An empty program, or one that reads another configuration, deletes what it does not mention. One removal alone is never a share.
# scope: package
# related_resources:
#   - ref: https://www.pulumi.com/docs/iac/cli/commands/pulumi_preview/
# custom:
#   id: HYGIENE-SIZE-002
#   severity: critical
#   level: mandatory
#   scope: stack
#   types:
#     - "*"
#   ops: [same, create, update, replace, create-replacement, refresh, import, import-replacement, delete, delete-replaced, discard, discard-replaced, remove-pending-replace]
#   unknown: irrelevant
#   parameters:
#     percent_max: {type: integer, default: 30}
#   remediation: "Undo what removes so much of {urn}: at most {percent_max} percent of its resources may be deleted or replaced at once."
package hygiene.size_002

import rego.v1

# Pulumi's own bookkeeping is no part of the stack.
is_bookkeeping(type) if type == "pulumi:pulumi:Stack"

is_bookkeeping(type) if startswith(type, "pulumi:providers:")

existing contains input.resources[i].urn if {
	op := input.resources[i].op
	not op in {"create", "import"}
	type := input.resources[i].type
	not is_bookkeeping(type)
}

removed contains input.resources[i].urn if {
	input.resources[i].op in {"delete", "delete-replaced", "replace", "discard", "discard-replaced", "remove-pending-replace"}
	type := input.resources[i].type
	not is_bookkeeping(type)
}

deny contains {"actual": share, "expected": input.params.percent_max, "msg": "a large part of the stack is removed"} if {
	count(removed) > 1
	share := floor((count(removed) * 100) / count(existing))
	share > input.params.percent_max
}
