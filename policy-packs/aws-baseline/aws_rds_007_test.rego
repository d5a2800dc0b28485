package aws.rds_007_test

import rego.v1

import data.aws.rds_007

test_managed if count(rds_007.deny) == 0 with input as {"inputs": {"manageMasterUserPassword": true}}

test_given if count(rds_007.deny) == 1 with input as {"inputs": {"username": "admin"}}

test_replica if count(rds_007.deny) == 0 with input as {"inputs": {"replicateSourceDb": "main"}}

test_replica_of_a_cluster if count(rds_007.deny) == 0 with input as {"inputs": {"replicationSourceIdentifier": "main"}}

test_from_a_snapshot if count(rds_007.deny) == 0 with input as {"inputs": {"snapshotIdentifier": "s"}}
