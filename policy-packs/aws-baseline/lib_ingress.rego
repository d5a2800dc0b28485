# What a resource opens to the whole Internet. A rule that imports this reads the addresses, ports and protocols of the
# four ways to write a rule of a security group.
package aws.lib_ingress

import rego.v1

import data.aws.lib

# Inside a security group.
open contains {"path": ["ingress", i, "cidrBlocks", j], "cidr": cidr, "ports": ports} if {
	cidr := input.inputs.ingress[i].cidrBlocks[j]
	lib.is_world(cidr)
	ports := lib.range(input.inputs.ingress[i].protocol, input.inputs.ingress[i].fromPort, input.inputs.ingress[i].toPort)
}

open contains {"path": ["ingress", i, "ipv6CidrBlocks", j], "cidr": cidr, "ports": ports} if {
	cidr := input.inputs.ingress[i].ipv6CidrBlocks[j]
	lib.is_world(cidr)
	ports := lib.range(input.inputs.ingress[i].protocol, input.inputs.ingress[i].fromPort, input.inputs.ingress[i].toPort)
}

# As a resource of its own, for one direction.
open contains {"path": ["cidrBlocks", j], "cidr": cidr, "ports": ports} if {
	input.inputs.type == "ingress"
	cidr := input.inputs.cidrBlocks[j]
	lib.is_world(cidr)
	ports := lib.range(input.inputs.protocol, input.inputs.fromPort, input.inputs.toPort)
}

open contains {"path": ["ipv6CidrBlocks", j], "cidr": cidr, "ports": ports} if {
	input.inputs.type == "ingress"
	cidr := input.inputs.ipv6CidrBlocks[j]
	lib.is_world(cidr)
	ports := lib.range(input.inputs.protocol, input.inputs.fromPort, input.inputs.toPort)
}

# As a resource of its own, for one address range.
open contains {"path": ["cidrIpv4"], "cidr": input.inputs.cidrIpv4, "ports": own_range} if lib.is_world(input.inputs.cidrIpv4)

open contains {"path": ["cidrIpv6"], "cidr": input.inputs.cidrIpv6, "ports": own_range} if lib.is_world(input.inputs.cidrIpv6)

own_range := lib.everything if lib.is_any(input.inputs.ipProtocol)

own_range := lib.range(input.inputs.ipProtocol, input.inputs.fromPort, input.inputs.toPort) if not lib.is_any(input.inputs.ipProtocol)
