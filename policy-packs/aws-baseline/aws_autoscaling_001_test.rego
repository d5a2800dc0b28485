package aws.autoscaling_001_test

import rego.v1

import data.aws.autoscaling_001

test_alone if count(autoscaling_001.deny) == 0 with input as {"inputs": {"healthCheckType": "EC2"}}

test_checked if count(autoscaling_001.deny) == 0 with input as {"inputs": {"targetGroupArns": ["arn"], "healthCheckType": "ELB"}}

test_default if count(autoscaling_001.deny) == 1 with input as {"inputs": {"targetGroupArns": ["arn"]}}

test_classic if count(autoscaling_001.deny) == 1 with input as {"inputs": {"loadBalancers": ["web"], "healthCheckType": "EC2"}}
