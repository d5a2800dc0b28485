package aws.rds_005_test

import rego.v1

import data.aws.rds_005

test_default if count(rds_005.deny) == 0 with input as {"inputs": {}}

test_on if count(rds_005.deny) == 0 with input as {"inputs": {"autoMinorVersionUpgrade": true}}

test_off if count(rds_005.deny) == 1 with input as {"inputs": {"autoMinorVersionUpgrade": false}}
