package aws.kms_003_test

import rego.v1

import data.aws.kms_003

test_default if count(kms_003.deny) == 0 with input as {"inputs": {}, "params": {"days": 14}}

test_long if count(kms_003.deny) == 0 with input as {"inputs": {"deletionWindowInDays": 30}, "params": {"days": 14}}

test_short if count(kms_003.deny) == 1 with input as {"inputs": {"deletionWindowInDays": 7}, "params": {"days": 14}}
