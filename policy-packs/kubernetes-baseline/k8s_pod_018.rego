# METADATA
# title: "Containers do not see each other's processes"
# description: In a shared process namespace one container reads the memory and the files of all others of its pod.
# scope: package
# related_resources:
#   - ref: https://kubernetes.io/docs/tasks/configure-pod-container/share-process-namespace/
# custom:
#   id: K8S-POD-018
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
#     nsa-cisa: ["hardening-container-environments"]
#   remediation: "Remove `{path}` from {urn}."
package k8s.pod_018

import rego.v1

shared[["spec", "shareProcessNamespace"]] := input.inputs.spec.shareProcessNamespace

shared[["spec", "template", "spec", "shareProcessNamespace"]] := input.inputs.spec.template.spec.shareProcessNamespace

shared[["spec", "jobTemplate", "spec", "template", "spec", "shareProcessNamespace"]] := input.inputs.spec.jobTemplate.spec.template.spec.shareProcessNamespace

shared[["template", "spec", "shareProcessNamespace"]] := input.inputs.template.spec.shareProcessNamespace

deny contains {"path": at, "actual": value, "expected": false, "msg": "the containers share their processes"} if {
	some at, value in shared
	not value in {false, null}
}
