package aws.lib_ingress_test

import rego.v1

import data.aws.lib_ingress

open := lib_ingress.open

test_inside_a_group if {
	rule := {"protocol": "tcp", "fromPort": "80", "toPort": 90, "cidrBlocks": ["10.0.0.0/8", "0.0.0.0/0"], "ipv6CidrBlocks": ["::/0"]}
	found := open with input as {"inputs": {"ingress": [rule]}}
	found == {
		{"path": ["ingress", 0, "cidrBlocks", 1], "cidr": "0.0.0.0/0", "ports": {"from": 80, "to": 90}},
		{"path": ["ingress", 0, "ipv6CidrBlocks", 0], "cidr": "::/0", "ports": {"from": 80, "to": 90}},
	}
}

test_direction if {
	rule := {"protocol": "all", "fromPort": 0, "toPort": 0, "cidrBlocks": ["0.0.0.0/0"]}
	found := open with input as {"inputs": object.union(rule, {"type": "ingress"})}
	found == {{"path": ["cidrBlocks", 0], "cidr": "0.0.0.0/0", "ports": {"from": 0, "to": 65535}}}
	count(open) == 0 with input as {"inputs": object.union(rule, {"type": "egress"})}
}

test_direction_over_ipv6 if {
	rule := {"protocol": "tcp", "fromPort": 22, "toPort": 22, "ipv6CidrBlocks": ["fd00::/8", "::/0"]}
	found := open with input as {"inputs": object.union(rule, {"type": "ingress"})}
	found == {{"path": ["ipv6CidrBlocks", 1], "cidr": "::/0", "ports": {"from": 22, "to": 22}}}
}

test_all_protocols_need_no_ports if {
	found := open with input as {"inputs": {"ipProtocol": "-1", "cidrIpv6": "::/0"}}
	found == {{"path": ["cidrIpv6"], "cidr": "::/0", "ports": {"from": 0, "to": 65535}}}
}

test_icmp_has_no_ports if {
	count(open) == 0 with input as {"inputs": {"ipProtocol": "icmp", "fromPort": 0, "toPort": 255, "cidrIpv4": "0.0.0.0/0"}}
}

test_no_ports_are_all_ports if {
	everything := {"from": 0, "to": 65535}
	inside := open with input as {"inputs": {"ingress": [{"protocol": "tcp", "cidrBlocks": ["0.0.0.0/0"]}]}}
	inside == {{"path": ["ingress", 0, "cidrBlocks", 0], "cidr": "0.0.0.0/0", "ports": everything}}
	directed := open with input as {"inputs": {"type": "ingress", "protocol": "6", "cidrBlocks": ["0.0.0.0/0"]}}
	directed == {{"path": ["cidrBlocks", 0], "cidr": "0.0.0.0/0", "ports": everything}}
	alone := open with input as {"inputs": {"ipProtocol": 6, "fromPort": null, "cidrIpv4": "0.0.0.0/0"}}
	alone == {{"path": ["cidrIpv4"], "cidr": "0.0.0.0/0", "ports": everything}}
}

test_port_zero_is_said if {
	found := open with input as {"inputs": {"ipProtocol": "tcp", "fromPort": 0, "toPort": 0, "cidrIpv4": "0.0.0.0/0"}}
	found == {{"path": ["cidrIpv4"], "cidr": "0.0.0.0/0", "ports": {"from": 0, "to": 0}}}
}
