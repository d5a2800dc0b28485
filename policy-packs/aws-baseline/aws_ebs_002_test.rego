package aws.ebs_002_test

import rego.v1

import data.aws.ebs_002

test_default if count(ebs_002.deny) == 0 with input as {"inputs": {}}

test_on if count(ebs_002.deny) == 0 with input as {"inputs": {"enabled": true}}

test_off if count(ebs_002.deny) == 1 with input as {"inputs": {"enabled": false}}
