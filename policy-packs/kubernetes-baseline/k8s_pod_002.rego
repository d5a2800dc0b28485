# METADATA
# title: "Pods do not share their node's namespaces"
# description: With the process, IPC or network namespace of its node, a pod sees and reaches what belongs to the node and to other pods.
# scope: package
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/security/pod-security-standards/
# custom:
#   id: K8S-POD-002
#   severity: critical
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
#     pss: ["baseline"]
#     cis-kubernetes-1.9: ["5.2.3", "5.2.4", "5.2.5"]
#     nsa-cisa: ["pod-security-enforcement"]
#   remediation: "Remove `{path}` from {urn}; reach what runs on the node through a Service or the Kubernetes API."
package k8s.pod_002

import rego.v1

shared[["spec", "hostPID"]] := input.inputs.spec.hostPID

shared[["spec", "template", "spec", "hostPID"]] := input.inputs.spec.template.spec.hostPID

shared[["spec", "jobTemplate", "spec", "template", "spec", "hostPID"]] := input.inputs.spec.jobTemplate.spec.template.spec.hostPID

shared[["template", "spec", "hostPID"]] := input.inputs.template.spec.hostPID

shared[["spec", "hostIPC"]] := input.inputs.spec.hostIPC

shared[["spec", "template", "spec", "hostIPC"]] := input.inputs.spec.template.spec.hostIPC

shared[["spec", "jobTemplate", "spec", "template", "spec", "hostIPC"]] := input.inputs.spec.jobTemplate.spec.template.spec.hostIPC

shared[["template", "spec", "hostIPC"]] := input.inputs.template.spec.hostIPC

shared[["spec", "hostNetwork"]] := input.inputs.spec.hostNetwork

shared[["spec", "template", "spec", "hostNetwork"]] := input.inputs.spec.template.spec.hostNetwork

shared[["spec", "jobTemplate", "spec", "template", "spec", "hostNetwork"]] := input.inputs.spec.jobTemplate.spec.template.spec.hostNetwork

shared[["template", "spec", "hostNetwork"]] := input.inputs.template.spec.hostNetwork

deny contains {"path": at, "actual": value, "expected": false, "msg": "a namespace of the node is shared"} if {
	some at, value in shared
	not value in {false, null}
}
