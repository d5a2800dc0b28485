package aws.ebs_003_test

import rego.v1

import data.aws.ebs_003

test_blocked if count(ebs_003.deny) == 0 with input as {"inputs": {"state": "block-all-sharing"}}

test_new_ones_blocked if count(ebs_003.deny) == 0 with input as {"inputs": {"state": "block-new-sharing"}}

test_unblocked if count(ebs_003.deny) == 1 with input as {"inputs": {"state": "unblocked"}}
