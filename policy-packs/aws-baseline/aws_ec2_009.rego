# METADATA
# title: Security groups say what they are for
# description: A rule that nobody can explain is a rule that nobody dares to remove.
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html
# custom:
#   id: AWS-EC2-009
#   severity: low
#   level: advisory
#   scope: resource
#   types:
#     - "aws:ec2/securityGroup:SecurityGroup"
#     - "aws:ec2/securityGroupRule:SecurityGroupRule"
#     - "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
#     - "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
#   unknown: undetermined
#   frameworks:
#     pci-dss-4.0: ["1.2.5"]
#     iso-27001-2022: ["A.8.9"]
#   remediation: "Write at `{path}` of {urn} who needs this and why."
package aws.ec2_009

import rego.v1

# The provider fills in a description that says nothing.
deny contains {"path": ["description"], "msg": "there is no description"} if {
	not is_described
}

deny contains {"path": ["ingress", i, "description"], "msg": "there is no description"} if {
	input.inputs.ingress[i].protocol
	not ingress_is_described[i]
}

deny contains {"path": ["egress", i, "description"], "msg": "there is no description"} if {
	input.inputs.egress[i].protocol
	not egress_is_described[i]
}

is_described if says_something(input.inputs.description)

ingress_is_described[i] if says_something(input.inputs.ingress[i].description)

egress_is_described[i] if says_something(input.inputs.egress[i].description)

says_something(text) if {
	trim_space(text) != ""
	text != "Managed by Pulumi"
}
