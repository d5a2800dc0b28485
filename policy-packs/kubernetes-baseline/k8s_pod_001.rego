# METADATA
# title: Containers are not privileged
# description: "A privileged container has every device and every capability of its node: it is root on the node."
# scope: package
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/security/pod-security-standards/
# custom:
#   id: K8S-POD-001
#   severity: critical
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
#     cis-kubernetes-1.9: ["5.2.2"]
#     nsa-cisa: ["pod-security-enforcement"]
#   remediation: "Remove `{path}` from {urn}; if the container needs one capability, name that one under `capabilities.add`."
package k8s.pod_001

import rego.v1

import data.k8s.security

deny contains {"path": array.concat(at, ["securityContext", "privileged"]), "actual": value, "expected": false, "msg": "a container is privileged"} if {
	some at, context in security.of_container
	value := context.privileged
	not value in {false, null}
}
