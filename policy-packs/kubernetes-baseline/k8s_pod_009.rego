# METADATA
# title: No user id is that of root
# description: User 0 in the container is user 0 on the node, should the container be left.
# scope: package
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/security/pod-security-standards/
# custom:
#   id: K8S-POD-009
#   severity: high
#   level: mandatory
#   scope: resource
#   types:
#     - "kubernetes:core/v1:Pod"
#     - "kubernetes:core/v1:PodTemplate"
#     - "kubernetes:core/v1:ReplicationController"
#     - "kubernetes:apps/v1:Deployment"
#     - "kubernetes:apps/v1:StatefulSet"
#     - "kubernetes:apps/v1:DaemonSet"
#     - "kubernetes:apps/v1:ReplicaSet"
#     - "kubernetes:batch/v1:Job"
#     - "kubernetes:batch/v1:CronJob"
#   unknown: undetermined
#   frameworks:
#     pss: ["restricted"]
#     cis-kubernetes-1.9: ["5.2.7"]
#     nsa-cisa: ["non-root-containers"]
#   remediation: "Set `{path}` of {urn} to a user id above 0, or remove it."
package k8s.pod_009

import rego.v1

import data.k8s.security

deny contains {"path": array.concat(at, ["securityContext", "runAsUser"]), "actual": user, "msg": "the user is root"} if {
	some at, context in security.contexts
	user := context.runAsUser
	user in {0, "0"}
}
