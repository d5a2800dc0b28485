# METADATA
# title: Containers have a limit of memory
# description: A container without one takes the memory of its whole node, and other pods are killed for it.
# scope: package
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/
# custom:
#   id: K8S-RES-001
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
#     nsa-cisa: ["resource-policies"]
#   remediation: "Set `{path}` on {urn}, to what the program needs at most, such as `256Mi`."
package k8s.res_001

import rego.v1

import data.k8s.containers

limit[["spec", "containers", i]] := input.inputs.spec.containers[i].resources.limits.memory

limit[["spec", "initContainers", i]] := input.inputs.spec.initContainers[i].resources.limits.memory

limit[["spec", "template", "spec", "containers", i]] := input.inputs.spec.template.spec.containers[i].resources.limits.memory

limit[["spec", "template", "spec", "initContainers", i]] := input.inputs.spec.template.spec.initContainers[i].resources.limits.memory

limit[["spec", "jobTemplate", "spec", "template", "spec", "containers", i]] := input.inputs.spec.jobTemplate.spec.template.spec.containers[i].resources.limits.memory

limit[["spec", "jobTemplate", "spec", "template", "spec", "initContainers", i]] := input.inputs.spec.jobTemplate.spec.template.spec.initContainers[i].resources.limits.memory

limit[["template", "spec", "containers", i]] := input.inputs.template.spec.containers[i].resources.limits.memory

limit[["template", "spec", "initContainers", i]] := input.inputs.template.spec.initContainers[i].resources.limits.memory

deny contains {"path": array.concat(at, ["resources", "limits", "memory"]), "msg": "the memory has no limit"} if {
	some at, _ in containers.pod
	not is_limited(at)
}

is_limited(at) if {
	value := limit[at]
	not value in {null, "", 0, "0"}
}
