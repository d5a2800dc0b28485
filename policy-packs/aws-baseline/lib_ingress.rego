# What a resource opens to the whole Internet. A rule that imports this reads the addresses, ports and protocols of the
# four ways to write a rule of a security group.
package aws.lib_ingress

import rego.v1

import data.aws.lib

# Inside a security group.
open contains {"path": ["ingress", i, "cidrBlocks", j], "cidr": cidr, "ports": ports} if {
	cidr := input.inputs.ingress[i].cidrBlocks[j]
	lib.is_world(cidr)
	ports := lib.range(protocol_inside(i), from_inside(i), to_inside(i))
}

open contains {"path": ["ingress", i, "ipv6CidrBlocks", j], "cidr": cidr, "ports": ports} if {
	cidr := input.inputs.ingress[i].ipv6CidrBlocks[j]
	lib.is_world(cidr)
	ports := lib.range(protocol_inside(i), from_inside(i), to_inside(i))
}

# What is not said is null, and what is said is itself, also if it is `false`.
protocol_inside(i) := input.inputs.ingress[i].protocol if says_protocol_inside(i)

protocol_inside(i) := null if not says_protocol_inside(i)

says_protocol_inside(i) if input.inputs.ingress[i].protocol != null

from_inside(i) := input.inputs.ingress[i].fromPort if says_from_inside(i)

from_inside(i) := null if not says_from_inside(i)

says_from_inside(i) if input.inputs.ingress[i].fromPort != null

to_inside(i) := input.inputs.ingress[i].toPort if says_to_inside(i)

to_inside(i) := null if not says_to_inside(i)

says_to_inside(i) if input.inputs.ingress[i].toPort != null

# As a resource of its own, for one direction.
open contains {"path": ["cidrBlocks", j], "cidr": cidr, "ports": lib.range(own_protocol, own_from, own_to)} if {
	input.inputs.type == "ingress"
	cidr := input.inputs.cidrBlocks[j]
	lib.is_world(cidr)
}

open contains {"path": ["ipv6CidrBlocks", j], "cidr": cidr, "ports": lib.range(own_protocol, own_from, own_to)} if {
	input.inputs.type == "ingress"
	cidr := input.inputs.ipv6CidrBlocks[j]
	lib.is_world(cidr)
}

# As a resource of its own, for one address range.
open contains {"path": ["cidrIpv4"], "cidr": input.inputs.cidrIpv4, "ports": lib.range(own_ip_protocol, own_from, own_to)} if {
	lib.is_world(input.inputs.cidrIpv4)
}

open contains {"path": ["cidrIpv6"], "cidr": input.inputs.cidrIpv6, "ports": lib.range(own_ip_protocol, own_from, own_to)} if {
	lib.is_world(input.inputs.cidrIpv6)
}

own_protocol := input.inputs.protocol if says_own_protocol

own_protocol := null if not says_own_protocol

says_own_protocol if input.inputs.protocol != null

own_ip_protocol := input.inputs.ipProtocol if says_own_ip_protocol

own_ip_protocol := null if not says_own_ip_protocol

says_own_ip_protocol if input.inputs.ipProtocol != null

own_from := input.inputs.fromPort if says_own_from

own_from := null if not says_own_from

says_own_from if input.inputs.fromPort != null

own_to := input.inputs.toPort if says_own_to

own_to := null if not says_own_to

says_own_to if input.inputs.toPort != null
