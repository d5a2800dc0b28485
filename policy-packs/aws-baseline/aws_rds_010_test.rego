package aws.rds_010_test

import rego.v1

import data.aws.rds_010

test_demanded if count(rds_010.deny) == 0 with input as {"inputs": {"requireTls": true}}

test_default if count(rds_010.deny) == 1 with input as {"inputs": {}}

test_off if count(rds_010.deny) == 1 with input as {"inputs": {"requireTls": false}}
