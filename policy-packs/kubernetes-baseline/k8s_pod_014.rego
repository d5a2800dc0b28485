# METADATA
# title: Only safe kernel parameters are set
# description: Other parameters change the kernel for every pod of the node, or take away what keeps pods apart.
# scope: package
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/security/pod-security-standards/
# custom:
#   id: K8S-POD-014
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
#   remediation: "Remove {actual} at `{path}` of {urn}; set it on the node for all pods if it is needed."
package k8s.pod_014

import rego.v1

import data.k8s.security

safe := {
	"kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.ip_local_reserved_ports", "net.ipv4.ip_unprivileged_port_start",
	"net.ipv4.ping_group_range", "net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_keepalive_intvl", "net.ipv4.tcp_keepalive_probes",
	"net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_syncookies",
}

deny contains {"path": array.concat(at, ["securityContext", "sysctls", i, "name"]), "actual": object.get(sysctl, "name", null), "msg": "a kernel parameter is not a safe one"} if {
	some at, context in security.of_pod
	some i, sysctl in context.sysctls
	not is_safe(sysctl)
}

is_safe(sysctl) if replace(sysctl.name, "/", ".") in safe
