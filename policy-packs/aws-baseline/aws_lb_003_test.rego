package aws.lb_003_test

import rego.v1

import data.aws.lb_003

test_dropped if count(lb_003.deny) == 0 with input as {"inputs": {"dropInvalidHeaderFields": true}}

test_default if count(lb_003.deny) == 1 with input as {"inputs": {}}

test_off if count(lb_003.deny) == 1 with input as {"inputs": {"loadBalancerType": "application", "dropInvalidHeaderFields": false}}

test_network if count(lb_003.deny) == 0 with input as {"inputs": {"loadBalancerType": "network"}}
