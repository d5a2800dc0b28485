package aws.rds_002_test

import rego.v1

import data.aws.rds_002

test_encrypted if count(rds_002.deny) == 0 with input as {"inputs": {"storageEncrypted": true}}

test_default if count(rds_002.deny) == 1 with input as {"inputs": {}}

test_off if count(rds_002.deny) == 1 with input as {"inputs": {"storageEncrypted": false}}

test_global_of_a_cluster if count(rds_002.deny) == 0 with input as {"inputs": {"sourceDbClusterIdentifier": "arn"}}
