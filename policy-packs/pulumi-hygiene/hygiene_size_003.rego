# METADATA
# title: One change touches few resources
# description: What touches many resources cannot be looked at, neither before nor when it went wrong.
# scope: package
# related_resources:
#   - ref: https://www.pulumi.com/docs/iac/cli/commands/pulumi_preview/
# custom:
#   id: HYGIENE-SIZE-003
#   severity: low
#   level: advisory
#   scope: stack
#   types:
#     - "*"
#   ops: [create, update, replace, create-replacement, import, import-replacement, delete, delete-replaced, discard, discard-replaced, remove-pending-replace]
#   unknown: irrelevant
#   parameters:
#     changes_max: {type: integer, default: 100}
#   remediation: "Split the change of {urn} so that each part touches at most {changes_max} resources."
package hygiene.size_003

import rego.v1

touched contains input.resources[_].urn

deny contains {"actual": count(touched), "expected": input.params.changes_max, "msg": "too much is touched at once"} if {
	count(touched) > input.params.changes_max
}
