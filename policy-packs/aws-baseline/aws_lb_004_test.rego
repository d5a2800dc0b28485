package aws.lb_004_test

import rego.v1

import data.aws.lb_004

test_logged if count(lb_004.deny) == 0 with input as {"inputs": {"accessLogs": {"bucket": "logs", "enabled": true}}}

test_default if count(lb_004.deny) == 1 with input as {"inputs": {}}

test_only_a_bucket if count(lb_004.deny) == 1 with input as {"inputs": {"accessLogs": {"bucket": "logs"}}}

test_gateway if count(lb_004.deny) == 0 with input as {"inputs": {"loadBalancerType": "gateway"}}
