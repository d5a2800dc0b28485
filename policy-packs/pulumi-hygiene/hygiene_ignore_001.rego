# METADATA
# title: No resource ignores all of its changes
# description: "With `ignoreChanges: [\"*\"]` the program says one thing and the cloud does another, and no rule sees which. The whole `spec` of a manifest, or its containers, is as much."
# scope: package
# related_resources:
#   - ref: https://www.pulumi.com/docs/iac/concepts/options/ignorechanges/
# custom:
#   id: HYGIENE-IGNORE-001
#   severity: high
#   level: mandatory
#   scope: resource
#   types:
#     - "*"
#   unknown: irrelevant
#   remediation: "Name in `ignoreChanges` of {urn} the properties that something else manages, instead of {actual}."
package hygiene.ignore_001

import rego.v1

import data.hygiene.paths

deny contains {"actual": path, "msg": "every change is ignored"} if {
	path := input.options.ignore_changes[_]
	is_everything(paths.parts(path))
}

is_everything([])

is_everything(parts) if parts[count(parts) - 1] in {"spec", "template", "containers", "initContainers"}
