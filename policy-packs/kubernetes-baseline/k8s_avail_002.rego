# METADATA
# title: Workloads have a disruption budget
# description: Without one the upgrade of the nodes takes all replicas away at once. The kinds are counted, not matched.
# scope: package
# related_resources:
#   - ref: https://kubernetes.io/docs/tasks/run-application/configure-pdb/
# custom:
#   id: K8S-AVAIL-002
#   severity: low
#   level: advisory
#   scope: stack
#   types:
#     - "kubernetes:apps/v1:Deployment"
#     - "kubernetes:apps/v1:StatefulSet"
#     - "kubernetes:policy/v1:PodDisruptionBudget"
#   unknown: irrelevant
#   remediation: "Add a PodDisruptionBudget for every Deployment and StatefulSet of {urn}."
package k8s.avail_002

import rego.v1

# A resource that is replaced is there in two steps and counts once.
workloads contains input.resources[i].urn if {
	some i
	input.resources[i].type in {"kubernetes:apps/v1:Deployment", "kubernetes:apps/v1:StatefulSet"}
}

budgets contains input.resources[i].urn if {
	some i
	input.resources[i].type == "kubernetes:policy/v1:PodDisruptionBudget"
}

deny contains {"actual": count(budgets), "expected": count(workloads), "msg": "there are fewer disruption budgets than workloads"} if count(budgets) < count(workloads)
