package aws.ec2_011_test

import rego.v1

import data.aws.ec2_011

test_https if count(ec2_011.deny) == 0 with input as {"inputs": {"ingress": [{"protocol": "tcp", "fromPort": 443, "toPort": 443, "cidrBlocks": ["0.0.0.0/0"]}]}}

test_inside if count(ec2_011.deny) == 0 with input as {"inputs": {"ingress": [{"protocol": "tcp", "fromPort": 80, "toPort": 80, "cidrBlocks": ["10.0.0.0/8"]}]}}

test_http if count(ec2_011.deny) == 1 with input as {"inputs": {"ingress": [{"protocol": "tcp", "fromPort": 80, "toPort": 80, "cidrBlocks": ["0.0.0.0/0"]}]}}
