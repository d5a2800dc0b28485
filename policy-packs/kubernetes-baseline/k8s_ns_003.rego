# METADATA
# title: Namespaces enforce a Pod Security Standard
# description: These rules see only what comes through Pulumi; the label holds for everything in the namespace.
# scope: package
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/security/pod-security-admission/
# custom:
#   id: K8S-NS-003
#   severity: medium
#   level: mandatory
#   scope: resource
#   types:
#     - "kubernetes:core/v1:Namespace"
#   unknown: undetermined
#   frameworks:
#     cis-kubernetes-1.9: ["5.2.1"]
#     nsa-cisa: ["pod-security-enforcement"]
#   remediation: "Add the label `pod-security.kubernetes.io/enforce: restricted` (or `baseline`) to {urn}."
package k8s.ns_003

import rego.v1

deny contains {"path": ["metadata", "labels", "pod-security.kubernetes.io/enforce"], "expected": "restricted", "msg": "no Pod Security Standard is enforced"} if {
	not is_enforced
}

is_enforced if input.inputs.metadata.labels["pod-security.kubernetes.io/enforce"] in {"baseline", "restricted"}
