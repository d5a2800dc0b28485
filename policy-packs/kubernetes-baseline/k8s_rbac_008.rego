# METADATA
# title: The default service account gets no rights
# description: What it may do, every pod of its namespace that names no account of its own may do.
# scope: package
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/security/rbac-good-practices/
# custom:
#   id: K8S-RBAC-008
#   severity: high
#   level: mandatory
#   scope: resource
#   types:
#     - "kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding"
#     - "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding"
#   unknown: undetermined
#   frameworks:
#     cis-kubernetes-1.9: ["5.1.5"]
#     nsa-cisa: ["role-based-access-control"]
#   remediation: "Make a ServiceAccount for the workload, and name it at `{path}` of {urn}."
package k8s.rbac_008

import rego.v1

deny contains {"path": ["subjects", i, "name"], "actual": "default", "msg": "the default service account gets rights"} if {
	input.inputs.subjects[i].kind == "ServiceAccount"
	input.inputs.subjects[i].name == "default"
}

# The same account, as a user.
deny contains {"path": ["subjects", i, "name"], "actual": name, "msg": "the default service account gets rights"} if {
	name := input.inputs.subjects[i].name
	startswith(name, "system:serviceaccount:")
	endswith(name, ":default")
}
