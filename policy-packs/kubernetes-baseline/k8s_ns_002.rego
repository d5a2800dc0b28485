# METADATA
# title: "The cluster's own namespaces are left alone"
# description: What runs in `kube-system` is often exempt from policies and trusted by the nodes.
# scope: package
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/overview/working-with-objects/namespaces/#initial-namespaces
# custom:
#   id: K8S-NS-002
#   severity: high
#   level: mandatory
#   scope: resource
#   types:
#     - "kubernetes:core/v1:Pod"
#     - "kubernetes:core/v1:Service"
#     - "kubernetes:core/v1:ConfigMap"
#     - "kubernetes:core/v1:Secret"
#     - "kubernetes:core/v1:ServiceAccount"
#     - "kubernetes:core/v1:PersistentVolumeClaim"
#     - "kubernetes:core/v1:ReplicationController"
#     - "kubernetes:apps/v1:Deployment"
#     - "kubernetes:apps/v1:StatefulSet"
#     - "kubernetes:apps/v1:DaemonSet"
#     - "kubernetes:apps/v1:ReplicaSet"
#     - "kubernetes:batch/v1:Job"
#     - "kubernetes:batch/v1:CronJob"
#     - "kubernetes:networking.k8s.io/v1:Ingress"
#     - "kubernetes:networking.k8s.io/v1:NetworkPolicy"
#     - "kubernetes:rbac.authorization.k8s.io/v1:Role"
#     - "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding"
#   unknown: undetermined
#   frameworks:
#     cis-kubernetes-1.9: ["5.7.1"]
#     nsa-cisa: ["namespaces"]
#   remediation: "Set `{path}` of {urn} to a namespace that is for it."
package k8s.ns_002

import rego.v1

deny contains {"path": ["metadata", "namespace"], "actual": namespace, "msg": "it is in a namespace of the cluster's own"} if {
	namespace := input.inputs.metadata.namespace
	namespace in {"kube-system", "kube-public", "kube-node-lease"}
}
