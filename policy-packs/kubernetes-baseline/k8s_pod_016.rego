# METADATA
# title: Volumes are of the kinds that Kubernetes keeps apart
# description: Volumes of other kinds are mounted by the node with its own rights; `gitRepo` runs git as root on the node.
# scope: package
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/security/pod-security-standards/
# custom:
#   id: K8S-POD-016
#   severity: medium
#   level: advisory
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
#   remediation: "Replace the volume at `{path}` of {urn} by a `persistentVolumeClaim` whose storage class makes the same."
package k8s.pod_016

import rego.v1

kinds := {
	"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "hostPath", "persistentVolumeClaim", "projected", "secret",
}

volumes[["spec", "volumes", i]] := input.inputs.spec.volumes[i]

volumes[["spec", "template", "spec", "volumes", i]] := input.inputs.spec.template.spec.volumes[i]

volumes[["spec", "jobTemplate", "spec", "template", "spec", "volumes", i]] := input.inputs.spec.jobTemplate.spec.template.spec.volumes[i]

volumes[["template", "spec", "volumes", i]] := input.inputs.template.spec.volumes[i]

# A hostPath is for a rule of its own.
deny contains {"path": array.concat(at, [kind]), "actual": kind, "msg": "the node mounts the volume with its own rights"} if {
	some at, volume in volumes
	some kind, source in volume
	source != null
	not kind in (kinds | {"name"})
}
