package aws.ec2_008_test

import rego.v1

import data.aws.ec2_008

test_web if count(ec2_008.deny) == 0 with input as {"inputs": {"ruleAction": "allow", "protocol": "tcp", "fromPort": 443, "toPort": 443, "cidrBlock": "0.0.0.0/0"}}

test_ssh if count(ec2_008.deny) == 1 with input as {"inputs": {"ruleAction": "allow", "protocol": "tcp", "fromPort": 22, "toPort": 22, "cidrBlock": "0.0.0.0/0"}}

test_everything if count(ec2_008.deny) == 1 with input as {"inputs": {"ruleAction": "allow", "protocol": "-1", "ipv6CidrBlock": "::/0"}}

test_denied if count(ec2_008.deny) == 0 with input as {"inputs": {"ruleAction": "deny", "protocol": "-1", "cidrBlock": "0.0.0.0/0"}}

test_outwards if count(ec2_008.deny) == 0 with input as {"inputs": {"ruleAction": "allow", "egress": true, "protocol": "-1", "cidrBlock": "0.0.0.0/0"}}

test_inside_the_acl if count(ec2_008.deny) == 1 with input as {"inputs": {"ingress": [{"action": "allow", "protocol": "-1", "fromPort": 0, "toPort": 0, "cidrBlock": "0.0.0.0/0"}, {"action": "allow", "protocol": "tcp", "fromPort": 22, "toPort": 22, "cidrBlock": "10.0.0.0/8"}]}}

test_inside_the_acl_over_ipv6 if count(ec2_008.deny) == 1 with input as {"inputs": {"ingress": [{"action": "allow", "protocol": "tcp", "fromPort": 3000, "toPort": 4000, "ipv6CidrBlock": "::/0"}]}}
