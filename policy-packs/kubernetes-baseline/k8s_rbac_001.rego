# METADATA
# title: Roles name what they allow
# description: A wildcard also allows what is added to the cluster later.
# scope: package
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/security/rbac-good-practices/
# custom:
#   id: K8S-RBAC-001
#   severity: high
#   level: mandatory
#   scope: resource
#   types:
#     - "kubernetes:rbac.authorization.k8s.io/v1:ClusterRole"
#     - "kubernetes:rbac.authorization.k8s.io/v1:Role"
#   unknown: undetermined
#   frameworks:
#     cis-kubernetes-1.9: ["5.1.3"]
#     nsa-cisa: ["role-based-access-control"]
#   remediation: "Replace the `*` at `{path}` of {urn} by the names that are needed."
package k8s.rbac_001

import rego.v1

deny contains {"path": ["rules", i, "verbs", j], "actual": "*", "msg": "every verb is allowed"} if {
	contains(input.inputs.rules[i].verbs[j], "*")
}

deny contains {"path": ["rules", i, "resources", j], "actual": input.inputs.rules[i].resources[j], "msg": "every resource is allowed"} if {
	contains(input.inputs.rules[i].resources[j], "*")
}

deny contains {"path": ["rules", i, "apiGroups", j], "actual": "*", "msg": "every API group is allowed"} if {
	contains(input.inputs.rules[i].apiGroups[j], "*")
}

deny contains {"path": ["rules", i, "nonResourceURLs", j], "actual": "*", "msg": "every URL is allowed"} if {
	input.inputs.rules[i].nonResourceURLs[j] in {"*", "/*"}
}
