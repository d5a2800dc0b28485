package aws.lb_005_test

import rego.v1

import data.aws.lb_005

test_protected if count(lb_005.deny) == 0 with input as {"inputs": {"enableDeletionProtection": true}}

test_default if count(lb_005.deny) == 1 with input as {"inputs": {}}

test_off if count(lb_005.deny) == 1 with input as {"inputs": {"enableDeletionProtection": false}}
