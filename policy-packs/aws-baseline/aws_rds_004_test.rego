package aws.rds_004_test

import rego.v1

import data.aws.rds_004

test_protected if count(rds_004.deny) == 0 with input as {"inputs": {"deletionProtection": true}}

test_default if count(rds_004.deny) == 1 with input as {"inputs": {}}

test_off if count(rds_004.deny) == 1 with input as {"inputs": {"deletionProtection": false}}
