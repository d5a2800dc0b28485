# METADATA
# title: "The kernel's confinement is not turned off"
# description: "`Unconfined` turns off what the container runtime does by default. Only the fields are judged, not the old annotations."
# scope: package
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/security/pod-security-standards/
# custom:
#   id: K8S-POD-011
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
#     cis-kubernetes-1.9: ["5.7.2"]
#     nsa-cisa: ["hardening-container-environments"]
#   remediation: "Set `{path}` of {urn} to `RuntimeDefault`."
package k8s.pod_011

import rego.v1

import data.k8s.security

deny contains {"path": array.concat(at, ["securityContext", profile, "type"]), "actual": "Unconfined", "expected": "RuntimeDefault", "msg": "a confinement is turned off"} if {
	some at, context in security.contexts
	some profile in {"seccompProfile", "appArmorProfile"}
	lower(context[profile].type) == "unconfined"
}
