# METADATA
# title: An Ingress names its hosts
# description: "A rule without a host, or with `*`, takes the requests for every name that nobody else claims."
# scope: package
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/services-networking/ingress/#hostname-wildcards
# custom:
#   id: K8S-ING-002
#   severity: low
#   level: advisory
#   scope: resource
#   types:
#     - "kubernetes:networking.k8s.io/v1:Ingress"
#   unknown: undetermined
#   remediation: "Set `{path}` of {urn} to the name that it is for."
package k8s.ing_002

import rego.v1

deny contains {"path": ["spec", "rules", i, "host"], "msg": "the rule is for every host"} if {
	input.inputs.spec.rules[i].http
	not is_named(i)
}

deny contains {"path": ["spec", "defaultBackend"], "msg": "what no rule is for is let in"} if input.inputs.spec.defaultBackend != null

is_named(i) if {
	host := input.inputs.spec.rules[i].host
	trim(host, "*. ") != ""
}
