package aws.elb_002_test

import rego.v1

import data.aws.elb_002

test_logged if count(elb_002.deny) == 0 with input as {"inputs": {"accessLogs": {"bucket": "logs"}}}

test_default if count(elb_002.deny) == 1 with input as {"inputs": {}}

test_off if count(elb_002.deny) == 1 with input as {"inputs": {"accessLogs": {"bucket": "logs", "enabled": false}}}
