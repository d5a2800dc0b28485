# METADATA
# title: Workloads have more than one replica
# description: One replica is down for as long as its node is. Without `replicas` there is one, unless an autoscaler decides.
# scope: package
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/workloads/controllers/deployment/
# custom:
#   id: K8S-AVAIL-001
#   severity: low
#   level: advisory
#   scope: resource
#   types:
#     - "kubernetes:apps/v1:Deployment"
#     - "kubernetes:apps/v1:StatefulSet"
#   unknown: undetermined
#   parameters:
#     replicas_min: {type: integer, default: 2}
#   remediation: "Set `{path}` of {urn} to at least {replicas_min}."
package k8s.avail_001

import rego.v1

deny contains {"path": ["spec", "replicas"], "actual": replicas, "expected": input.params.replicas_min, "msg": "there are too few replicas"} if {
	replicas < input.params.replicas_min
}

replicas := input.inputs.spec.replicas if is_number(input.inputs.spec.replicas)

else := 1
