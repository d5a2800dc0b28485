# METADATA
# title: Application load balancers drop invalid headers
# description: Headers that are read in two ways let requests be smuggled.
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/elb-controls.html#elb-4
# custom:
#   id: AWS-LB-003
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
#     pci-dss-4.0: ["6.2.4"]
#     iso-27001-2022: ["A.8.21"]
#   remediation: "Set `dropInvalidHeaderFields: true` on {urn}."
package aws.lb_003

import rego.v1

deny contains {"path": ["dropInvalidHeaderFields"], "expected": true, "msg": "invalid headers are passed on"} if {
	is_application
	not input.inputs.dropInvalidHeaderFields == true
}

# The default is an application load balancer.
is_application if not is_other

is_other if input.inputs.loadBalancerType in {"network", "gateway"}
