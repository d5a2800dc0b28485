# METADATA
# title: Security groups do not open remote access to the world
# description: Open SSH, RDP or all ports are found by scanners within minutes.
# scope: package
# custom:
#   id: AWS-EC2-001
#   severity: critical
#   level: mandatory
#   scope: resource
#   types:
#     - "aws:ec2/securityGroup:SecurityGroup"
#     - "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"
#     - "aws:ec2/securityGroupRule:SecurityGroupRule"
#     - "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
#   unknown: undetermined
#   remediation: "Narrow the addresses at `{path}` of {urn} to the networks that need them, or use Session Manager instead of an open port."
package aws.ec2_001

import rego.v1

import data.aws.lib

remote := {22, 3389}

deny contains {"path": ["ingress", i, "cidrBlocks", j], "actual": cidr, "msg": "remote access is open to the world"} if {
	cidr := input.inputs.ingress[i].cidrBlocks[j]
	lib.is_world(cidr)
	is_remote(input.inputs.ingress[i].protocol, input.inputs.ingress[i].fromPort, input.inputs.ingress[i].toPort)
}

deny contains {"path": ["ingress", i, "ipv6CidrBlocks", j], "actual": cidr, "msg": "remote access is open to the world"} if {
	cidr := input.inputs.ingress[i].ipv6CidrBlocks[j]
	lib.is_world(cidr)
	is_remote(input.inputs.ingress[i].protocol, input.inputs.ingress[i].fromPort, input.inputs.ingress[i].toPort)
}

deny contains {"path": ["cidrBlocks", j], "actual": cidr, "msg": "remote access is open to the world"} if {
	input.inputs.type == "ingress"
	cidr := input.inputs.cidrBlocks[j]
	lib.is_world(cidr)
	is_remote(input.inputs.protocol, input.inputs.fromPort, input.inputs.toPort)
}

deny contains {"path": ["ipv6CidrBlocks", j], "actual": cidr, "msg": "remote access is open to the world"} if {
	input.inputs.type == "ingress"
	cidr := input.inputs.ipv6CidrBlocks[j]
	lib.is_world(cidr)
	is_remote(input.inputs.protocol, input.inputs.fromPort, input.inputs.toPort)
}

deny contains {"path": ["cidrIpv4"], "actual": input.inputs.cidrIpv4, "msg": "remote access is open to the world"} if {
	lib.is_world(input.inputs.cidrIpv4)
	is_remote_rule
}

deny contains {"path": ["cidrIpv6"], "actual": input.inputs.cidrIpv6, "msg": "remote access is open to the world"} if {
	lib.is_world(input.inputs.cidrIpv6)
	is_remote_rule
}

is_remote_rule if is_remote(input.inputs.ipProtocol, input.inputs.fromPort, input.inputs.toPort)

is_remote_rule if is_any(input.inputs.ipProtocol)

is_remote(protocol, _, _) if is_any(protocol)

is_remote(_, from, to) if {
	some port in remote
	to_number(from) <= port
	port <= to_number(to)
}

is_any(protocol) if protocol in {"-1", "all", -1}
