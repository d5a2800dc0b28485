# METADATA
# title: Workloads stay off the control plane
# description: "A pod on a node of the control plane is beside the cluster's keys and its database."
# scope: package
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/
# custom:
#   id: K8S-POD-019
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
#     nsa-cisa: ["control-plane-hardening"]
#   remediation: "Remove `{path}` from {urn}, or tolerate only the taints of the nodes that it is for."
package k8s.pod_019

import rego.v1

tolerations[["spec", "tolerations", i]] := input.inputs.spec.tolerations[i]

tolerations[["spec", "template", "spec", "tolerations", i]] := input.inputs.spec.template.spec.tolerations[i]

tolerations[["spec", "jobTemplate", "spec", "template", "spec", "tolerations", i]] := input.inputs.spec.jobTemplate.spec.template.spec.tolerations[i]

tolerations[["template", "spec", "tolerations", i]] := input.inputs.template.spec.tolerations[i]

placed[["spec", "nodeName"]] := input.inputs.spec.nodeName

placed[["spec", "template", "spec", "nodeName"]] := input.inputs.spec.template.spec.nodeName

placed[["spec", "jobTemplate", "spec", "template", "spec", "nodeName"]] := input.inputs.spec.jobTemplate.spec.template.spec.nodeName

placed[["template", "spec", "nodeName"]] := input.inputs.template.spec.nodeName

deny contains {"path": at, "actual": toleration, "msg": "the control plane's taint is tolerated"} if {
	some at, toleration in tolerations
	is_wide(toleration)
}

# A pod that names its node goes around the scheduler, and around every taint.
deny contains {"path": at, "actual": name, "msg": "the pod names its node"} if {
	some at, name in placed
	not name in {"", null}
}

is_wide(toleration) if toleration.key in {"node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/master"}

# Without a key it tolerates everything.
is_wide(toleration) if {
	toleration.operator == "Exists"
	object.get(toleration, "key", "") in {"", null}
}
