# METADATA
# title: Every namespace has a network policy for all of its pods
# description: Without one each pod of the cluster reaches each other. Policies of other kinds, such as those of Cilium or Calico, are not seen.
# scope: package
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/services-networking/network-policies/
# custom:
#   id: K8S-NET-001
#   severity: medium
#   level: advisory
#   scope: stack
#   types:
#     - "kubernetes:core/v1:Namespace"
#     - "kubernetes:networking.k8s.io/v1:NetworkPolicy"
#   unknown: undetermined
#   frameworks:
#     cis-kubernetes-1.9: ["5.3.2"]
#     nsa-cisa: ["network-policies"]
#   remediation: "Add a NetworkPolicy with an empty `podSelector` and both `policyTypes` in the namespace {urn}, and allow from there what is needed."
package k8s.net_001

import rego.v1

# A policy with an empty selector is for every pod.
covered contains namespace if {
	some i
	input.resources[i].type == "kubernetes:networking.k8s.io/v1:NetworkPolicy"
	namespace := input.resources[i].inputs.metadata.namespace
	selector := input.resources[i].inputs.spec.podSelector
	count(object.get(selector, "matchLabels", {})) == 0
	count(object.get(selector, "matchExpressions", [])) == 0
}

is_covered(i) if input.resources[i].inputs.metadata.name in covered

deny contains {"urn": input.resources[i].urn, "msg": "nothing limits who reaches the pods"} if {
	some i
	input.resources[i].type == "kubernetes:core/v1:Namespace"
	not is_covered(i)
}
