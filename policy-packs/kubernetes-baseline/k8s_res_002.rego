# METADATA
# title: Containers say how much they need
# description: Without requests the scheduler puts too much on one node. A limit counts as a request of the same size.
# scope: package
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/
# custom:
#   id: K8S-RES-002
#   severity: low
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
#     nsa-cisa: ["resource-policies"]
#   remediation: "Set `{path}` on {urn}, to what the program usually needs."
package k8s.res_002

import rego.v1

import data.k8s.containers

resources[["spec", "containers", i]] := input.inputs.spec.containers[i].resources

resources[["spec", "initContainers", i]] := input.inputs.spec.initContainers[i].resources

resources[["spec", "template", "spec", "containers", i]] := input.inputs.spec.template.spec.containers[i].resources

resources[["spec", "template", "spec", "initContainers", i]] := input.inputs.spec.template.spec.initContainers[i].resources

resources[["spec", "jobTemplate", "spec", "template", "spec", "containers", i]] := input.inputs.spec.jobTemplate.spec.template.spec.containers[i].resources

resources[["spec", "jobTemplate", "spec", "template", "spec", "initContainers", i]] := input.inputs.spec.jobTemplate.spec.template.spec.initContainers[i].resources

resources[["template", "spec", "containers", i]] := input.inputs.template.spec.containers[i].resources

resources[["template", "spec", "initContainers", i]] := input.inputs.template.spec.initContainers[i].resources

deny contains {"path": array.concat(at, ["resources", "requests", resource]), "msg": "it does not say how much it needs"} if {
	some at, _ in containers.pod
	some resource in {"cpu", "memory"}
	not is_stated(at, resource)
}

is_stated(at, resource) if resources[at].requests[resource] != null

is_stated(at, resource) if resources[at].limits[resource] != null
