package aws.ec2_007_test

import rego.v1

import data.aws.ec2_007

test_empty if count(ec2_007.deny) == 0 with input as {"inputs": {}}

test_inside_itself if count(ec2_007.deny) == 1 with input as {"inputs": {"ingress": [{"protocol": "-1", "self": true, "fromPort": 0, "toPort": 0}]}}

test_both if count(ec2_007.deny) == 2 with input as {"inputs": {"ingress": [{"protocol": "tcp"}], "egress": [{"protocol": "-1"}]}}
