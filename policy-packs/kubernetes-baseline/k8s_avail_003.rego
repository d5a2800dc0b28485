# METADATA
# title: Disruption budgets let nodes be drained
# description: A budget that allows no disruption stops every upgrade of the nodes, until somebody forces it.
# scope: package
# related_resources:
#   - ref: https://kubernetes.io/docs/tasks/run-application/configure-pdb/
# custom:
#   id: K8S-AVAIL-003
#   severity: medium
#   level: advisory
#   scope: resource
#   types:
#     - "kubernetes:policy/v1:PodDisruptionBudget"
#   unknown: undetermined
#   remediation: "Set `maxUnavailable: 1` on {urn} instead of `{path}`."
package k8s.avail_003

import rego.v1

deny contains {"path": ["spec", "maxUnavailable"], "actual": value, "msg": "no pod may ever be moved"} if {
	value := input.inputs.spec.maxUnavailable
	value in {0, "0", "0%"}
}

deny contains {"path": ["spec", "minAvailable"], "actual": value, "msg": "no pod may ever be moved"} if {
	value := input.inputs.spec.minAvailable
	value == "100%"
}
