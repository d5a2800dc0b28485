# METADATA
# title: Network policies let in named peers
# description: A rule without `from`, or with the whole Internet, undoes what the policy is for. What must be reachable by everybody needs a waiver.
# scope: package
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/services-networking/network-policies/
# custom:
#   id: K8S-NET-002
#   severity: medium
#   level: advisory
#   scope: resource
#   types:
#     - "kubernetes:networking.k8s.io/v1:NetworkPolicy"
#   unknown: undetermined
#   frameworks:
#     nsa-cisa: ["network-policies"]
#   remediation: "List at `{path}` of {urn} the pods, namespaces or networks that need to connect."
package k8s.net_002

import rego.v1

import data.k8s.net

deny contains {"path": ["spec", "ingress", i], "msg": "everybody is let in"} if {
	some i, rule in input.inputs.spec.ingress
	object.get(rule, "from", []) in [null, []]
}

deny contains {"path": ["spec", "ingress", i, "from", j, "ipBlock", "cidr"], "actual": range, "msg": "the world is let in"} if {
	range := input.inputs.spec.ingress[i].from[j].ipBlock.cidr
	net.is_world(range)
}
