# METADATA
# title: Load balancers are protected from deletion
# description: A load balancer that is deleted by mistake takes its address with it.
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/elb-controls.html#elb-6
# custom:
#   id: AWS-LB-005
#   severity: low
#   level: advisory
#   scope: resource
#   types:
#     - "aws:lb/loadBalancer:LoadBalancer"
#     - "aws:alb/loadBalancer:LoadBalancer"
#     - "aws:elasticloadbalancingv2/loadBalancer:LoadBalancer"
#     - "aws:applicationloadbalancing/loadBalancer:LoadBalancer"
#   unknown: undetermined
#   frameworks:
#     iso-27001-2022: ["A.8.14"]
#   remediation: "Set `enableDeletionProtection: true` on {urn}."
package aws.lb_005

import rego.v1

deny contains {"path": ["enableDeletionProtection"], "expected": true, "msg": "the load balancer can be deleted by one call"} if {
	not input.inputs.enableDeletionProtection == true
}
