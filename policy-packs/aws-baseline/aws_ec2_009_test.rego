package aws.ec2_009_test

import rego.v1

import data.aws.ec2_009

test_described if count(ec2_009.deny) == 0 with input as {"inputs": {"description": "web servers", "ingress": [{"protocol": "tcp", "description": "visitors"}]}}

test_default if count(ec2_009.deny) == 1 with input as {"inputs": {"description": "Managed by Pulumi"}}

test_none if count(ec2_009.deny) == 1 with input as {"inputs": {}}

test_described_outwards if count(ec2_009.deny) == 0 with input as {"inputs": {"description": "web servers", "egress": [{"protocol": "-1", "description": "updates"}]}}

test_rules if count(ec2_009.deny) == 2 with input as {"inputs": {"description": "web servers", "ingress": [{"protocol": "tcp"}], "egress": [{"protocol": "-1", "description": " "}]}}
