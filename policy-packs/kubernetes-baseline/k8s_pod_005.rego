# METADATA
# title: Containers add no capabilities beyond the default ones
# description: SYS_ADMIN, NET_ADMIN, SYS_PTRACE and others each give a way to take over the node or to read what other pods do.
# scope: package
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/security/pod-security-standards/
# custom:
#   id: K8S-POD-005
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
#     cis-kubernetes-1.9: ["5.2.9"]
#   remediation: "Remove {actual} at `{path}` of {urn}."
package k8s.pod_005

import rego.v1

import data.k8s.security

# What a container runtime gives by default.
default_ones := {
	"AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE",
	"SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT",
}

deny contains {"path": array.concat(at, ["securityContext", "capabilities", "add", i]), "actual": name, "msg": "a capability is added"} if {
	some at, context in security.of_container
	some i, name in context.capabilities.add
	not is_default(name)
}

is_default(name) if trim_prefix(upper(name), "CAP_") in default_ones
