# METADATA
# title: What a redirect to HTTPS leaves out is not answered over HTTP
# description: "A rule of a listener comes before its default action: one that forwards answers over plain HTTP, though the listener redirects. Which listener a rule is of, a preview does not know, so this looks only at stacks in which no listener is encrypted."
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-rules.html
# custom:
#   id: AWS-LB-006
#   severity: high
#   level: mandatory
#   scope: stack
#   types:
#     - "aws:lb/listener:Listener"
#     - "aws:alb/listener:Listener"
#     - "aws:elasticloadbalancingv2/listener:Listener"
#     - "aws:applicationloadbalancing/listener:Listener"
#     - "aws:lb/listenerRule:ListenerRule"
#     - "aws:alb/listenerRule:ListenerRule"
#     - "aws:elasticloadbalancingv2/listenerRule:ListenerRule"
#     - "aws:applicationloadbalancing/listenerRule:ListenerRule"
#   unknown: undetermined
#   frameworks:
#     pci-dss-4.0: ["4.2.1"]
#     iso-27001-2022: ["A.8.24"]
#   remediation: "Attach {urn} to a listener with `protocol: HTTPS`, or let it redirect to HTTPS."
package aws.lb_006

import rego.v1

listeners := {
	"aws:lb/listener:Listener",
	"aws:alb/listener:Listener",
	"aws:elasticloadbalancingv2/listener:Listener",
	"aws:applicationloadbalancing/listener:Listener",
}

deny contains {"urn": input.resources[i].urn, "path": ["actions", j, "type"], "actual": "forward", "msg": "the rule forwards, and no listener is encrypted"} if {
	input.resources[i].inputs.actions[j].type == "forward"
	some k
	is_listener[k]
	not is_encrypted
}

is_listener[k] if input.resources[k].type in listeners

is_encrypted if {
	is_listener[k]
	upper(input.resources[k].inputs.protocol) in {"HTTPS", "TLS"}
}
