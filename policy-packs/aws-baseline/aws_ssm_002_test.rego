package aws.ssm_002_test

import rego.v1

import data.aws.ssm_002

test_own if count(ssm_002.deny) == 0 with input as {"inputs": {}}

test_account if count(ssm_002.deny) == 0 with input as {"inputs": {"permissions": {"type": "Share", "account_ids": "111122223333"}}}

test_public if count(ssm_002.deny) == 1 with input as {"inputs": {"permissions": {"type": "Share", "account_ids": "111122223333, All"}}}
