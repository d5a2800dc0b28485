package aws.rds_011_test

import rego.v1

import data.aws.rds_011

test_several if count(rds_011.deny) == 0 with input as {"inputs": {"multiAz": true}}

test_default if count(rds_011.deny) == 1 with input as {"inputs": {}}

test_replica if count(rds_011.deny) == 0 with input as {"inputs": {"replicateSourceDb": "main"}}
