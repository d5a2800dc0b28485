# METADATA
# title: Tokens of service accounts expire
# description: A token that is kept in a Secret is good for ever, wherever it gets to.
# scope: package
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/configuration/secret/#serviceaccount-token-secrets
# custom:
#   id: K8S-SA-003
#   severity: high
#   level: mandatory
#   scope: resource
#   types:
#     - "kubernetes:core/v1:Secret"
#   unknown: undetermined
#   frameworks:
#     nsa-cisa: ["protecting-pod-service-account-tokens"]
#   remediation: "Remove {urn}, and mount a `projected` volume with a `serviceAccountToken` where the token is used."
package k8s.sa_003

import rego.v1

deny contains {"path": ["type"], "actual": input.inputs.type, "msg": "the token never expires"} if {
	input.inputs.type in {"kubernetes.io/service-account-token", "bootstrap.kubernetes.io/token"}
}
