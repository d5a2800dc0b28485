# METADATA
# title: Resources are in a namespace of their own
# description: "Policies, quotas and rights are for a namespace; in `default` they meet everything that named none. The provider's own default is not visible here."
# scope: package
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/overview/working-with-objects/namespaces/
# custom:
#   id: K8S-NS-001
#   severity: low
#   level: advisory
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
#     cis-kubernetes-1.9: ["5.7.1", "5.7.4"]
#     nsa-cisa: ["namespaces"]
#   remediation: "Set `{path}` of {urn} to a namespace that is for it."
package k8s.ns_001

import rego.v1

deny contains {"path": ["metadata", "namespace"], "msg": "it is in the default namespace"} if not is_named

is_named if {
	namespace := input.inputs.metadata.namespace
	not namespace in {"", "default", null}
}
