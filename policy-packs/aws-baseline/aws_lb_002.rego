# METADATA
# title: Listeners demand TLS 1.2
# description: The default policy of a load balancer still admits TLS 1.0.
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/elb-controls.html#elb-17
# custom:
#   id: AWS-LB-002
#   severity: medium
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
#   remediation: "Set `sslPolicy: ELBSecurityPolicy-TLS13-1-2-2021-06` on {urn}, or a later policy that demands TLS 1.2."
package aws.lb_002

import rego.v1

deny contains {"path": ["sslPolicy"], "expected": "ELBSecurityPolicy-TLS13-1-2-2021-06", "msg": "the listener admits an old version of TLS"} if {
	upper(input.inputs.protocol) in {"HTTPS", "TLS"}
	not is_modern
}

is_modern if {
	some kind in {"TLS13-1-2", "TLS13-1-3", "TLS-1-2", "FS-1-2"}
	startswith(input.inputs.sslPolicy, concat("", ["ELBSecurityPolicy-", kind]))
}
