# METADATA
# title: Network ACLs do not admit remote access from the world
# description: A network ACL is the second wall behind a mistake in a security group.
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html#ec2-21
# custom:
#   id: AWS-EC2-008
#   severity: medium
#   level: mandatory
#   scope: resource
#   types:
#     - "aws:ec2/networkAclRule:NetworkAclRule"
#     - "aws:ec2/networkAcl:NetworkAcl"
#     - "aws:ec2/defaultNetworkAcl:DefaultNetworkAcl"
#   unknown: undetermined
#   frameworks:
#     cis-aws-3.0: ["5.1"]
#     pci-dss-4.0: ["1.3.1"]
#     iso-27001-2022: ["A.8.20"]
#   remediation: "Narrow the addresses at `{path}` of {urn}, or let the rule leave out the ports 22 and 3389."
package aws.ec2_008

import rego.v1

import data.aws.lib

remote := {22, 3389}

deny contains {"path": [key], "actual": cidr, "msg": "the network ACL admits remote access from the world"} if {
	some key, cidr in own
	lib.is_world(cidr)
	input.inputs.ruleAction == "allow"
	not input.inputs.egress == true
	is_remote(input.inputs.protocol, input.inputs.fromPort, input.inputs.toPort)
}

# With all protocols there are no ports.
deny contains {"path": [key], "actual": cidr, "msg": "the network ACL admits remote access from the world"} if {
	some key, cidr in own
	lib.is_world(cidr)
	input.inputs.ruleAction == "allow"
	not input.inputs.egress == true
	lib.is_any(input.inputs.protocol)
}

own["cidrBlock"] := input.inputs.cidrBlock

own["ipv6CidrBlock"] := input.inputs.ipv6CidrBlock

deny contains {"path": ["ingress", i, "cidrBlock"], "actual": cidr, "msg": "the network ACL admits remote access from the world"} if {
	cidr := input.inputs.ingress[i].cidrBlock
	lib.is_world(cidr)
	input.inputs.ingress[i].action == "allow"
	is_remote(input.inputs.ingress[i].protocol, input.inputs.ingress[i].fromPort, input.inputs.ingress[i].toPort)
}

deny contains {"path": ["ingress", i, "ipv6CidrBlock"], "actual": cidr, "msg": "the network ACL admits remote access from the world"} if {
	cidr := input.inputs.ingress[i].ipv6CidrBlock
	lib.is_world(cidr)
	input.inputs.ingress[i].action == "allow"
	is_remote(input.inputs.ingress[i].protocol, input.inputs.ingress[i].fromPort, input.inputs.ingress[i].toPort)
}

is_remote(protocol, from, to) if {
	some port in remote
	lib.covers(lib.range(protocol, from, to), port)
}
