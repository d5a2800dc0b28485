# METADATA
# title: Processes cannot gain privileges
# description: Unless `allowPrivilegeEscalation` is false, a set-user-id program in the image makes its user root.
# scope: package
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/security/pod-security-standards/
# custom:
#   id: K8S-POD-007
#   severity: medium
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
#     cis-kubernetes-1.9: ["5.2.6"]
#     nsa-cisa: ["pod-security-enforcement"]
#   remediation: "Set `{path}: false` on {urn}."
package k8s.pod_007

import rego.v1

import data.k8s.security

deny contains {"path": array.concat(at, ["securityContext", "allowPrivilegeEscalation"]), "expected": false, "msg": "a process can gain privileges"} if {
	some at in security.linux
	not security.of_container[at].allowPrivilegeEscalation == false
}
