# METADATA
# title: Classic load balancers do not answer plain HTTP
# description: What is sent over HTTP can be read and changed on its way.
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/elb-controls.html#elb-3
# custom:
#   id: AWS-ELB-001
#   severity: high
#   level: mandatory
#   scope: resource
#   types:
#     - "aws:elb/loadBalancer:LoadBalancer"
#     - "aws:elasticloadbalancing/loadBalancer:LoadBalancer"
#   unknown: undetermined
#   frameworks:
#     pci-dss-4.0: ["4.2.1"]
#     iso-27001-2022: ["A.8.24"]
#   remediation: "Set `lbProtocol: HTTPS` and `sslCertificateId` for the listener at `{path}` of {urn}; better, use an application load balancer."
package aws.elb_001

import rego.v1

deny contains {"path": ["listeners", i, "lbProtocol"], "actual": protocol, "expected": "HTTPS", "msg": "the listener answers plain HTTP"} if {
	protocol := input.inputs.listeners[i].lbProtocol
	upper(protocol) == "HTTP"
}
