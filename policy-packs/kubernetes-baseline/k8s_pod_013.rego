# METADATA
# title: The process file system stays masked
# description: An unmasked `/proc` shows and lets a container write settings of the whole node.
# scope: package
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/security/pod-security-standards/
# custom:
#   id: K8S-POD-013
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
#     pss: ["baseline"]
#   remediation: "Remove `{path}` from {urn}."
package k8s.pod_013

import rego.v1

import data.k8s.security

deny contains {"path": array.concat(at, ["securityContext", "procMount"]), "actual": value, "expected": "Default", "msg": "`/proc` is not masked"} if {
	some at, context in security.of_container
	value := context.procMount
	not value in {"Default", "", null}
}
