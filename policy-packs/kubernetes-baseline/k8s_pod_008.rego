# METADATA
# title: Containers do not run as root
# description: "With `runAsNonRoot` the kubelet refuses an image whose user is root; without it the image's author decides."
# scope: package
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/security/pod-security-standards/
# custom:
#   id: K8S-POD-008
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
#   remediation: "Set `{path}: true` on {urn}, and use an image that runs as a user of its own."
package k8s.pod_008

import rego.v1

import data.k8s.containers
import data.k8s.security

deny contains {"path": security.place(at, "runAsNonRoot"), "expected": true, "msg": "a container may run as root"} if {
	some at, _ in containers.pod
	not is_other_user(at)
}

is_other_user(at) if security.effective(at, "runAsNonRoot") == true
