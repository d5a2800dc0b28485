# METADATA
# title: Cluster roles do not create pods everywhere
# description: Who creates a pod in a namespace may use each account and each secret of it.
# scope: package
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/security/rbac-good-practices/
# custom:
#   id: K8S-RBAC-007
#   severity: medium
#   level: advisory
#   scope: resource
#   types:
#     - "kubernetes:rbac.authorization.k8s.io/v1:ClusterRole"
#     - "kubernetes:rbac.authorization.k8s.io/v1:Role"
#   unknown: undetermined
#   frameworks:
#     cis-kubernetes-1.9: ["5.1.4"]
#     nsa-cisa: ["role-based-access-control"]
#   remediation: "Take {actual} out of `{path}` of {urn}; give a Role in the namespaces that need it."
package k8s.rbac_007

import rego.v1

workloads := {
	"pods", "deployments", "statefulsets", "daemonsets", "replicasets", "replicationcontrollers", "jobs", "cronjobs",
}

deny contains {"path": ["rules", i, "resources", j], "actual": resource, "msg": "pods can be created in every namespace"} if {
	input.type == "kubernetes:rbac.authorization.k8s.io/v1:ClusterRole"
	resource := input.inputs.rules[i].resources[j]
	resource in workloads
	input.inputs.rules[i].verbs[_] in {"create", "update", "patch", "*"}
}
