# METADATA
# title: Roles reach neither into pods nor into nodes
# description: "Each of these is a way from a small right to the whole cluster: a shell in a pod, the kubelet, a token or certificate for another account, the path of every request, a disk of the node."
# scope: package
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/security/rbac-good-practices/
# custom:
#   id: K8S-RBAC-006
#   severity: high
#   level: mandatory
#   scope: resource
#   types:
#     - "kubernetes:rbac.authorization.k8s.io/v1:ClusterRole"
#     - "kubernetes:rbac.authorization.k8s.io/v1:Role"
#   unknown: undetermined
#   frameworks:
#     cis-kubernetes-1.9: ["5.1.9", "5.1.10", "5.1.11", "5.1.12", "5.1.13"]
#     nsa-cisa: ["role-based-access-control"]
#   remediation: "Take {actual} out of `{path}` of {urn}."
package k8s.rbac_006

import rego.v1

# Some are dangerous whatever the verb is: a shell is opened with `get` too.
always := {"nodes/proxy", "pods/exec", "pods/attach", "pods/proxy", "services/proxy", "pods/ephemeralcontainers"}

when_written := {
	"certificatesigningrequests/approval", "mutatingwebhookconfigurations", "persistentvolumes", "serviceaccounts/token",
	"validatingadmissionpolicies", "validatingwebhookconfigurations",
}

deny contains {"path": ["rules", i, "resources", j], "actual": resource, "msg": "the role reaches further than it says"} if {
	resource := input.inputs.rules[i].resources[j]
	resource in always
}

deny contains {"path": ["rules", i, "resources", j], "actual": resource, "msg": "the role reaches further than it says"} if {
	resource := input.inputs.rules[i].resources[j]
	resource in when_written
	input.inputs.rules[i].verbs[_] in {"create", "update", "patch", "*"}
}
