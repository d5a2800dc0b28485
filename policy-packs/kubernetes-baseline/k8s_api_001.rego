# METADATA
# title: Resources are of a version that is judged
# description: A list, or another version of a kind that this pack judges, would pass by every rule. Most of those versions are gone from clusters anyway.
# scope: package
# related_resources:
#   - ref: https://kubernetes.io/docs/reference/using-api/deprecation-guide/
# custom:
#   id: K8S-API-001
#   severity: high
#   level: mandatory
#   scope: resource
#   types:
#     - "*"
#   unknown: irrelevant
#   remediation: "Declare {urn} as its current version and one by one, for example with `apps/v1`, not as {actual}."
package k8s.api_001

import rego.v1

import data.k8s.api

deny contains {"actual": input.type, "msg": "no rule judges this version of the kind"} if {
	api.version
	single := trim_suffix(api.kind, "List")
	single in api.kinds
	not is_judged
}

# The kind `List` holds whatever it is given.
deny contains {"actual": input.type, "msg": "no rule judges what is in a list"} if {
	api.version
	api.kind == "List"
}

is_judged if api.kind in api.judged[api.version]
