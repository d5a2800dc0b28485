# METADATA
# title: Listeners of load balancers are encrypted
# description: What is sent over HTTP can be read and changed on its way.
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/elb-controls.html#elb-1
# custom:
#   id: AWS-LB-001
#   severity: high
#   level: mandatory
#   scope: resource
#   types:
#     - "aws:lb/listener:Listener"
#     - "aws:alb/listener:Listener"
#     - "aws:elasticloadbalancingv2/listener:Listener"
#     - "aws:applicationloadbalancing/listener:Listener"
#   unknown: undetermined
#   frameworks:
#     pci-dss-4.0: ["4.2.1"]
#     iso-27001-2022: ["A.8.24"]
#   remediation: "Set `protocol: HTTPS`, `certificateArn` and `sslPolicy` on {urn}, or make its only default action a redirect to HTTPS."
package aws.lb_001

import rego.v1

deny contains {"path": ["protocol"], "expected": "HTTPS", "msg": "the listener answers plain HTTP"} if {
	is_plain
	not redirects
}

is_plain if upper(input.inputs.protocol) == "HTTP"

# An application load balancer speaks HTTP unless told otherwise; a gateway load balancer has no port.
is_plain if {
	is_number(input.inputs.port)
	not says_a_protocol
}

says_a_protocol if is_string(input.inputs.protocol)

redirects if {
	input.inputs.defaultActions[i].type == "redirect"
	upper(input.inputs.defaultActions[i].redirect.protocol) == "HTTPS"
}
