# METADATA
# title: Roles do not let their holders get more
# description: Who may `escalate`, `bind` or `impersonate` has every right that anybody has.
# scope: package
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/security/rbac-good-practices/
# custom:
#   id: K8S-RBAC-003
#   severity: critical
#   level: mandatory
#   scope: resource
#   types:
#     - "kubernetes:rbac.authorization.k8s.io/v1:ClusterRole"
#     - "kubernetes:rbac.authorization.k8s.io/v1:Role"
#   unknown: undetermined
#   frameworks:
#     cis-kubernetes-1.9: ["5.1.8"]
#     nsa-cisa: ["role-based-access-control"]
#   remediation: "Remove {actual} at `{path}` of {urn}."
package k8s.rbac_003

import rego.v1

deny contains {"path": ["rules", i, "verbs", j], "actual": verb, "msg": "the role lets its holder get more rights"} if {
	verb := input.inputs.rules[i].verbs[j]
	lower(verb) in {"escalate", "bind", "impersonate"}
}
