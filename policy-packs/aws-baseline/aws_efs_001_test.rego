package aws.efs_001_test

import rego.v1

import data.aws.efs_001

test_encrypted if count(efs_001.deny) == 0 with input as {"inputs": {"encrypted": true}}

test_default if count(efs_001.deny) == 1 with input as {"inputs": {}}

test_off if count(efs_001.deny) == 1 with input as {"inputs": {"encrypted": false}}
