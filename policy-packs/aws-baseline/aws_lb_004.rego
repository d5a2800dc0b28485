# METADATA
# title: Load balancers log their access
# description: Access logs show who asked for what.
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/elb-controls.html#elb-5
# custom:
#   id: AWS-LB-004
#   severity: medium
#   level: advisory
#   scope: resource
#   types:
#     - "aws:lb/loadBalancer:LoadBalancer"
#     - "aws:alb/loadBalancer:LoadBalancer"
#     - "aws:elasticloadbalancingv2/loadBalancer:LoadBalancer"
#     - "aws:applicationloadbalancing/loadBalancer:LoadBalancer"
#   unknown: undetermined
#   frameworks:
#     pci-dss-4.0: ["10.2.1"]
#     iso-27001-2022: ["A.8.15"]
#   remediation: "Set `accessLogs.enabled: true` and `accessLogs.bucket` on {urn}."
package aws.lb_004

import rego.v1

# A bucket alone turns nothing on.
deny contains {"path": ["accessLogs", "enabled"], "expected": true, "msg": "the load balancer logs no access"} if {
	not input.inputs.loadBalancerType == "gateway"
	not input.inputs.accessLogs.enabled == true
}
