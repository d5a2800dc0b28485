# METADATA
# title: Names are plain and short
# description: Names go into URNs, into the names of real things, into logs and reports; providers refuse long or strange ones only at the apply.
# scope: package
# related_resources:
#   - ref: https://www.pulumi.com/docs/iac/concepts/resources/names/
# custom:
#   id: HYGIENE-NAME-001
#   severity: low
#   level: advisory
#   scope: resource
#   types:
#     - "*"
#   unknown: irrelevant
#   parameters:
#     length_max: {type: integer, default: 63}
#   remediation: "Rename {urn} to at most {length_max} letters, digits, dots, hyphens and underscores, with an alias for its old name."
package hygiene.name_001

import rego.v1

deny contains {"actual": input.name, "msg": "the name has characters that are not plain"} if {
	not is_generated
	trim(lower(input.name), "abcdefghijklmnopqrstuvwxyz0123456789-_.") != ""
}

deny contains {"actual": count(input.name), "expected": input.params.length_max, "msg": "the name is long"} if {
	not is_generated
	count(input.name) > input.params.length_max
}

deny contains {"actual": input.name, "msg": "the name is empty"} if input.name == ""

# Kubernetes names what comes from manifests and charts itself, and nobody else names the bookkeeping.
is_generated if startswith(input.type, "kubernetes:")

is_generated if startswith(input.type, "pulumi:")
