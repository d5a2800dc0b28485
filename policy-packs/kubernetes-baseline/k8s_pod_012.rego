# METADATA
# title: SELinux labels stay those of containers
# description: Another user, role or type of SELinux takes the container out of the confinement that the node gives to containers.
# scope: package
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/security/pod-security-standards/
# custom:
#   id: K8S-POD-012
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
#     nsa-cisa: ["hardening-container-environments"]
#   remediation: "Remove `{path}` from {urn}."
package k8s.pod_012

import rego.v1

import data.k8s.security

types := {"", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"}

deny contains {"path": array.concat(at, ["securityContext", "seLinuxOptions", "type"]), "actual": type, "msg": "the type of SELinux is not one for containers"} if {
	some at, context in security.contexts
	type := context.seLinuxOptions.type
	not type in (types | {null})
}

deny contains {"path": array.concat(at, ["securityContext", "seLinuxOptions", part]), "actual": value, "msg": "the user or role of SELinux is set"} if {
	some at, context in security.contexts
	some part in {"user", "role"}
	value := context.seLinuxOptions[part]
	not value in {"", null}
}
