# METADATA
# title: Windows containers are not processes of their host
# description: A HostProcess container has the rights of the Windows node itself.
# scope: package
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/security/pod-security-standards/
# custom:
#   id: K8S-POD-015
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
#     cis-kubernetes-1.9: ["5.2.11"]
#   remediation: "Remove `{path}` from {urn}."
package k8s.pod_015

import rego.v1

import data.k8s.security

deny contains {"path": array.concat(at, ["securityContext", "windowsOptions", "hostProcess"]), "actual": value, "expected": false, "msg": "a container is a process of its host"} if {
	some at, context in security.contexts
	value := context.windowsOptions.hostProcess
	not value in {false, null}
}
