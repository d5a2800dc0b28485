package aws.rds_003_test

import rego.v1

import data.aws.rds_003

test_kept if count(rds_003.deny) == 0 with input as {"inputs": {"backupRetentionPeriod": 7}, "params": {"days": 7}}

test_default if count(rds_003.deny) == 1 with input as {"inputs": {}, "params": {"days": 7}}

test_too_short if count(rds_003.deny) == 1 with input as {"inputs": {"backupRetentionPeriod": 1}, "params": {"days": 7}}

test_replica if count(rds_003.deny) == 0 with input as {"inputs": {"replicateSourceDb": "main"}, "params": {"days": 7}}

test_replica_of_a_cluster if count(rds_003.deny) == 0 with input as {"inputs": {"replicationSourceIdentifier": "main"}, "params": {"days": 7}}
