# METADATA
# title: Containers run under a seccomp profile
# description: Without a profile every call of the kernel is open to the container, rarely used and badly tested ones among them.
# scope: package
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/security/pod-security-standards/
# custom:
#   id: K8S-POD-010
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
#     cis-kubernetes-1.9: ["5.7.2"]
#     nsa-cisa: ["hardening-container-environments"]
#   remediation: "Set `{path}: {expected}` on {urn}."
package k8s.pod_010

import rego.v1

import data.k8s.security

deny contains {"path": array.concat(security.place(at, "seccompProfile"), ["type"]), "expected": "RuntimeDefault", "msg": "a container has no seccomp profile"} if {
	some at in security.linux
	not has_profile(at)
}

has_profile(at) if security.effective(at, "seccompProfile").type in {"RuntimeDefault", "Localhost"}
