# METADATA
# title: No rights go to everybody
# description: "These groups and users hold whoever can reach the API, or every pod of the cluster; `system:masters` goes around all checks."
# scope: package
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/security/rbac-good-practices/
# custom:
#   id: K8S-RBAC-005
#   severity: critical
#   level: mandatory
#   scope: resource
#   types:
#     - "kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding"
#     - "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding"
#   unknown: undetermined
#   frameworks:
#     cis-kubernetes-1.9: ["5.1.7"]
#     nsa-cisa: ["role-based-access-control"]
#   remediation: "Replace {actual} at `{path}` of {urn} by the accounts that need the role."
package k8s.rbac_005

import rego.v1

everybody := {"system:anonymous", "system:unauthenticated", "system:authenticated", "system:serviceaccounts", "system:masters"}

deny contains {"path": ["subjects", i, "name"], "actual": name, "msg": "the role is given to everybody"} if {
	name := input.inputs.subjects[i].name
	input.inputs.subjects[i].kind in {"User", "Group"}
	name in everybody
}
