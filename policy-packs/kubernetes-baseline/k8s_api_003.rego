# METADATA
# title: A manifest is of the kind that its type says
# description: "The provider creates what `apiVersion` and `kind` name, and rules are chosen by the type: a pod that is called a config map would pass by all that is said of pods."
# scope: package
# related_resources:
#   - ref: https://www.pulumi.com/registry/packages/kubernetes/api-docs/
# custom:
#   id: K8S-API-003
#   severity: critical
#   level: mandatory
#   scope: resource
#   types:
#     - "*"
#   unknown: undetermined
#   remediation: "Set `{path}: {expected}` on {urn}, or declare it with the type of what it is."
package k8s.api_003

import rego.v1

import data.k8s.api

deny contains {"path": ["kind"], "actual": kind, "expected": api.kind, "msg": "the manifest is of another kind"} if {
	is_manifest
	kind := input.inputs.kind
	kind != null
	not kind in kinds
}

deny contains {"path": ["apiVersion"], "actual": version, "expected": trim_prefix(api.parts[1], "core/"), "msg": "the manifest is of another version"} if {
	is_manifest
	version := input.inputs.apiVersion
	version != null
	not version in versions
}

is_manifest if {
	api.parts[0] == "kubernetes"
	count(api.parts) == 3
}

# A patch has the kind of what it patches.
kinds := {api.kind, trim_suffix(api.kind, "Patch")}

versions := {api.parts[1], trim_prefix(api.parts[1], "core/")}
