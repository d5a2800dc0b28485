# METADATA
# title: Service accounts mount no token on their own
# description: Pods that do not speak to the API need no token; those that do can say so themselves.
# scope: package
# related_resources:
#   - ref: https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/
# custom:
#   id: K8S-SA-002
#   severity: low
#   level: advisory
#   scope: resource
#   types:
#     - "kubernetes:core/v1:ServiceAccount"
#   unknown: undetermined
#   frameworks:
#     cis-kubernetes-1.9: ["5.1.6"]
#     nsa-cisa: ["protecting-pod-service-account-tokens"]
#   remediation: "Set `{path}: false` on {urn}, and `automountServiceAccountToken: true` in the pods that speak to the API."
package k8s.sa_002

import rego.v1

deny contains {"path": ["automountServiceAccountToken"], "expected": false, "msg": "the token is mounted into every pod of the account"} if {
	not input.inputs.automountServiceAccountToken == false
}
