package aws.cloudwatch_001_test

import rego.v1

import data.aws.cloudwatch_001

test_default if count(cloudwatch_001.deny) == 0 with input as {"inputs": {}, "params": {"days": 365}}

test_for_ever if count(cloudwatch_001.deny) == 0 with input as {"inputs": {"retentionInDays": 0}, "params": {"days": 365}}

test_a_year if count(cloudwatch_001.deny) == 0 with input as {"inputs": {"retentionInDays": 365}, "params": {"days": 365}}

test_a_week if count(cloudwatch_001.deny) == 1 with input as {"inputs": {"retentionInDays": 7}, "params": {"days": 365}}
