# METADATA
# title: Nobody is bound to cluster-admin
# description: "`cluster-admin` may do everything with everything; in one namespace it may still read each secret and become each account."
# scope: package
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/security/rbac-good-practices/
# custom:
#   id: K8S-RBAC-002
#   severity: critical
#   level: mandatory
#   scope: resource
#   types:
#     - "kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding"
#     - "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding"
#   unknown: undetermined
#   frameworks:
#     cis-kubernetes-1.9: ["5.1.1"]
#     nsa-cisa: ["role-based-access-control"]
#   remediation: "Bind {urn} to a role that lists what is needed."
package k8s.rbac_002

import rego.v1

deny contains {"path": ["roleRef", "name"], "actual": "cluster-admin", "msg": "`cluster-admin` is given away"} if {
	input.inputs.roleRef.name == "cluster-admin"
}
