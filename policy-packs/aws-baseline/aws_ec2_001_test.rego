package aws.ec2_001_test

import rego.v1

import data.aws.ec2_001

group(ingress) := {"inputs": {"ingress": [ingress]}}

ssh := {"protocol": "tcp", "fromPort": 22, "toPort": 22}

world := {"cidrBlocks": ["10.0.0.0/8", "0.0.0.0/0"]}

test_web if count(ec2_001.deny) == 0 with input as group({"protocol": "tcp", "fromPort": 443, "toPort": 443, "cidrBlocks": ["0.0.0.0/0"]})

test_inside if count(ec2_001.deny) == 0 with input as group(object.union(ssh, {"cidrBlocks": ["10.0.0.0/8"]}))

test_ssh if {
	some finding in ec2_001.deny with input as group(object.union(ssh, world))
	finding.path == ["ingress", 0, "cidrBlocks", 1]
}

test_range if count(ec2_001.deny) == 1 with input as group(object.union({"protocol": "tcp", "fromPort": "0", "toPort": "65535"}, world))

test_any if count(ec2_001.deny) == 1 with input as group(object.union({"protocol": "-1", "fromPort": 0, "toPort": 0}, world))

test_ipv6 if count(ec2_001.deny) == 1 with input as group(object.union(ssh, {"ipv6CidrBlocks": ["::/0"]}))

test_halves if count(ec2_001.deny) == 2 with input as group(object.union(ssh, {"cidrBlocks": ["0.0.0.0/1", "128.0.0.0/1"]}))

test_rule if {
	count(ec2_001.deny) == 1 with input as {"inputs": object.union(ssh, {"type": "ingress", "cidrBlocks": ["0.0.0.0/0"]})}
	count(ec2_001.deny) == 0 with input as {"inputs": object.union(ssh, {"type": "egress", "cidrBlocks": ["0.0.0.0/0"]})}
}

test_vpc_rule if {
	count(ec2_001.deny) == 1 with input as {"inputs": {"ipProtocol": "-1", "cidrIpv4": "0.0.0.0/0"}}
	count(ec2_001.deny) == 1 with input as {"inputs": {"ipProtocol": "tcp", "fromPort": 3389, "toPort": 3389, "cidrIpv6": "::/0"}}
	count(ec2_001.deny) == 0 with input as {"inputs": {"ipProtocol": "tcp", "fromPort": 443, "toPort": 443, "cidrIpv4": "0.0.0.0/0"}}
}
