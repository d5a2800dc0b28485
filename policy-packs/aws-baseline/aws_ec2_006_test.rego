package aws.ec2_006_test

import rego.v1

import data.aws.ec2_006

given(rule) := {"inputs": {"ingress": [rule]}, "params": {"ports": ["3306", "5432"]}}

test_web if count(ec2_006.deny) == 0 with input as given({"protocol": "tcp", "fromPort": 443, "toPort": 443, "cidrBlocks": ["0.0.0.0/0"]})

test_inside if count(ec2_006.deny) == 0 with input as given({"protocol": "tcp", "fromPort": 5432, "toPort": 5432, "cidrBlocks": ["10.0.0.0/8"]})

test_database if count(ec2_006.deny) == 1 with input as given({"protocol": "tcp", "fromPort": 5432, "toPort": 5432, "cidrBlocks": ["0.0.0.0/0"]})

test_range if {
	found := ec2_006.deny with input as given({"protocol": "tcp", "fromPort": 0, "toPort": 65535, "ipv6CidrBlocks": ["::/0"]})
	found == {{"path": ["ingress", 0, "ipv6CidrBlocks", 0], "actual": "::/0", "msg": "the ports 3306, 5432 are open to the world"}}
}

test_two_addresses if count(ec2_006.deny) == 2 with input as given({"protocol": "-1", "fromPort": 0, "toPort": 0, "cidrBlocks": ["0.0.0.0/0"], "ipv6CidrBlocks": ["::/0"]})
