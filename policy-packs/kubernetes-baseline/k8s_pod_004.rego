# METADATA
# title: Containers take no ports of their node
# description: "A port of the node goes around Services and network policies, and ties the pod to one node's free ports."
# scope: package
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/security/pod-security-standards/
# custom:
#   id: K8S-POD-004
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
#     pss: ["baseline"]
#     cis-kubernetes-1.9: ["5.2.13"]
#   remediation: "Remove `{path}` from {urn} and put a Service in front of the pod."
package k8s.pod_004

import rego.v1

taken[["spec", "containers", i, "ports", j, "hostPort"]] := input.inputs.spec.containers[i].ports[j].hostPort

taken[["spec", "initContainers", i, "ports", j, "hostPort"]] := input.inputs.spec.initContainers[i].ports[j].hostPort

taken[["spec", "template", "spec", "containers", i, "ports", j, "hostPort"]] := input.inputs.spec.template.spec.containers[i].ports[j].hostPort

taken[["spec", "template", "spec", "initContainers", i, "ports", j, "hostPort"]] := input.inputs.spec.template.spec.initContainers[i].ports[j].hostPort

taken[["spec", "jobTemplate", "spec", "template", "spec", "containers", i, "ports", j, "hostPort"]] := input.inputs.spec.jobTemplate.spec.template.spec.containers[i].ports[j].hostPort

taken[["spec", "jobTemplate", "spec", "template", "spec", "initContainers", i, "ports", j, "hostPort"]] := input.inputs.spec.jobTemplate.spec.template.spec.initContainers[i].ports[j].hostPort

taken[["template", "spec", "containers", i, "ports", j, "hostPort"]] := input.inputs.template.spec.containers[i].ports[j].hostPort

taken[["template", "spec", "initContainers", i, "ports", j, "hostPort"]] := input.inputs.template.spec.initContainers[i].ports[j].hostPort

deny contains {"path": at, "actual": port, "msg": "a port of the node is taken"} if {
	some at, port in taken
	not port in {0, null}
}
