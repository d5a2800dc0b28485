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
	lower(input.inputs.ruleAction) == "allow"
	not input.inputs.egress == true
	is_remote(own_protocol, own_from, own_to)
}

own["cidrBlock"] := input.inputs.cidrBlock

own["ipv6CidrBlock"] := input.inputs.ipv6CidrBlock

deny contains {"path": ["ingress", i, "cidrBlock"], "actual": cidr, "msg": "the network ACL admits remote access from the world"} if {
	cidr := input.inputs.ingress[i].cidrBlock
	lib.is_world(cidr)
	is_open(i)
}

deny contains {"path": ["ingress", i, "ipv6CidrBlock"], "actual": cidr, "msg": "the network ACL admits remote access from the world"} if {
	cidr := input.inputs.ingress[i].ipv6CidrBlock
	lib.is_world(cidr)
	is_open(i)
}

is_open(i) if {
	lower(input.inputs.ingress[i].action) == "allow"
	is_remote(protocol_inside(i), from_inside(i), to_inside(i))
}

is_remote(protocol, from, to) if {
	some port in remote
	lib.covers(lib.range(protocol, from, to), port)
}

# What is not said is null: `lib.range` takes it for all ports.
own_protocol := input.inputs.protocol if says_own_protocol

own_protocol := null if not says_own_protocol

says_own_protocol if input.inputs.protocol != null

own_from := input.inputs.fromPort if says_own_from

own_from := null if not says_own_from

says_own_from if input.inputs.fromPort != null

own_to := input.inputs.toPort if says_own_to

own_to := null if not says_own_to

says_own_to if input.inputs.toPort != null

protocol_inside(i) := input.inputs.ingress[i].protocol if says_protocol_inside(i)

protocol_inside(i) := null if not says_protocol_inside(i)

says_protocol_inside(i) if input.inputs.ingress[i].protocol != null

from_inside(i) := input.inputs.ingress[i].fromPort if says_from_inside(i)

from_inside(i) := null if not says_from_inside(i)

says_from_inside(i) if input.inputs.ingress[i].fromPort != null

to_inside(i) := input.inputs.ingress[i].toPort if says_to_inside(i)

to_inside(i) := null if not says_to_inside(i)

says_to_inside(i) if input.inputs.ingress[i].toPort != null
