# METADATA
# title: Groups behind a load balancer use its health checks
# description: An instance can run while its application is dead; only the load balancer notices.
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/autoscaling-controls.html#autoscaling-1
# custom:
#   id: AWS-AUTOSCALING-001
#   severity: low
#   level: advisory
#   scope: resource
#   types:
#     - "aws:autoscaling/group:Group"
#   unknown: undetermined
#   frameworks:
#     iso-27001-2022: ["A.8.14"]
#   remediation: "Set `healthCheckType: ELB` on {urn}."
package aws.autoscaling_001

import rego.v1

deny contains {"path": ["healthCheckType"], "expected": "ELB", "msg": "dead applications are not replaced"} if {
	is_balanced
	not input.inputs.healthCheckType == "ELB"
}

is_balanced if count(input.inputs.targetGroupArns) > 0

is_balanced if count(input.inputs.loadBalancers) > 0
