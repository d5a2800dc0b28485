# METADATA
# title: Cluster roles do not read all secrets
# description: Secrets of all namespaces hold the tokens of all accounts. To list them is to read them. A role that names its secrets is not meant.
# scope: package
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/security/rbac-good-practices/
# custom:
#   id: K8S-RBAC-004
#   severity: high
#   level: mandatory
#   scope: resource
#   types:
#     - "kubernetes:rbac.authorization.k8s.io/v1:ClusterRole"
#     - "kubernetes:rbac.authorization.k8s.io/v1:Role"
#   unknown: undetermined
#   frameworks:
#     cis-kubernetes-1.9: ["5.1.2"]
#     nsa-cisa: ["role-based-access-control"]
#   remediation: "Take `secrets` out of `{path}` of {urn}; give a Role in one namespace, with `resourceNames`."
package k8s.rbac_004

import rego.v1

deny contains {"path": ["rules", i, "resources", j], "actual": "secrets", "msg": "all secrets can be read"} if {
	input.type == "kubernetes:rbac.authorization.k8s.io/v1:ClusterRole"
	input.inputs.rules[i].resources[j] == "secrets"
	input.inputs.rules[i].verbs[_] in {"get", "list", "watch", "*"}
	not is_named(i)
}

is_named(i) if count(input.inputs.rules[i].resourceNames) > 0
