# METADATA
# title: Containers drop all capabilities
# description: What is not dropped can be used by whoever gets into the container; NET_RAW alone is enough to answer for other pods.
# scope: package
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/security/pod-security-standards/
# custom:
#   id: K8S-POD-006
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
#     pss: ["restricted"]
#     cis-kubernetes-1.9: ["5.2.8", "5.2.10"]
#     nsa-cisa: ["pod-security-enforcement"]
#   remediation: "Set `capabilities.drop: [\"ALL\"]` in the `securityContext` of every container of {urn} (here `{path}`), and add back `NET_BIND_SERVICE` at most."
package k8s.pod_006

import rego.v1

import data.k8s.security

deny contains {"path": array.concat(at, ["securityContext", "capabilities", "drop"]), "expected": ["ALL"], "msg": "not all capabilities are dropped"} if {
	some at in security.linux
	not drops_all(at)
}

deny contains {"path": array.concat(at, ["securityContext", "capabilities", "add", i]), "actual": name, "msg": "a capability is added back"} if {
	some at in security.linux
	some i, name in security.of_container[at].capabilities.add
	not is_low_port(name)
}

is_low_port(name) if trim_prefix(upper(name), "CAP_") == "NET_BIND_SERVICE"

drops_all(at) if upper(security.of_container[at].capabilities.drop[_]) == "ALL"
