# METADATA
# title: Resources are declared whole
# description: A patch changes a resource that is declared elsewhere. Rules would see a part of it, and take what is missing for a default.
# scope: package
# related_resources:
#   - ref: https://www.pulumi.com/registry/packages/kubernetes/how-to-guides/managing-resources-with-server-side-apply/
# custom:
#   id: K8S-API-002
#   severity: medium
#   level: mandatory
#   scope: resource
#   types:
#     - "*"
#   unknown: irrelevant
#   remediation: "Declare the whole resource instead of {urn}, where it is managed."
package k8s.api_002

import rego.v1

import data.k8s.api

deny contains {"actual": input.type, "msg": "a resource is changed in part"} if {
	api.version
	endswith(api.kind, "Patch")
	trim_suffix(api.kind, "Patch") in api.kinds
}
