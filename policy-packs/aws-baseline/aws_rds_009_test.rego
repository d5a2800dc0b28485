package aws.rds_009_test

import rego.v1

import data.aws.rds_009

test_own if count(rds_009.deny) == 0 with input as {"inputs": {}}

test_account if count(rds_009.deny) == 0 with input as {"inputs": {"sharedAccounts": ["111122223333"]}}

test_public if count(rds_009.deny) == 1 with input as {"inputs": {"sharedAccounts": ["111122223333", "all"]}}
