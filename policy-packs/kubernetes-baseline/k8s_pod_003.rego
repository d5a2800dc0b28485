# METADATA
# title: Pods mount no folders of their node
# description: "A path of the node leads to the credentials of its kubelet and to its container runtime's socket."
# scope: package
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/security/pod-security-standards/
#   - ref: https://kubernetes.io/docs/concepts/storage/volumes/#hostpath
# custom:
#   id: K8S-POD-003
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
#     cis-kubernetes-1.9: ["5.2.12"]
#     nsa-cisa: ["pod-security-enforcement"]
#   remediation: "Replace the volume at `{path}` of {urn} by an `emptyDir`, a `persistentVolumeClaim` or a `configMap`."
package k8s.pod_003

import rego.v1

mounted[["spec", "volumes", i, "hostPath"]] := input.inputs.spec.volumes[i].hostPath

mounted[["spec", "template", "spec", "volumes", i, "hostPath"]] := input.inputs.spec.template.spec.volumes[i].hostPath

mounted[["spec", "jobTemplate", "spec", "template", "spec", "volumes", i, "hostPath"]] := input.inputs.spec.jobTemplate.spec.template.spec.volumes[i].hostPath

mounted[["template", "spec", "volumes", i, "hostPath"]] := input.inputs.template.spec.volumes[i].hostPath

deny contains {"path": at, "actual": value, "msg": "a folder of the node is mounted"} if {
	some at, value in mounted
	value != null
}
