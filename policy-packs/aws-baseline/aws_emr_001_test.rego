package aws.emr_001_test

import rego.v1

import data.aws.emr_001

test_blocked if count(emr_001.deny) == 0 with input as {"inputs": {"blockPublicSecurityGroupRules": true}}

test_off if count(emr_001.deny) == 1 with input as {"inputs": {"blockPublicSecurityGroupRules": false}}

test_nothing if count(emr_001.deny) == 1 with input as {"inputs": {}}
