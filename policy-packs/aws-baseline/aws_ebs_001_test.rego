package aws.ebs_001_test

import rego.v1

import data.aws.ebs_001

test_encrypted if count(ebs_001.deny) == 0 with input as {"inputs": {"encrypted": true}}

test_default if count(ebs_001.deny) == 1 with input as {"inputs": {}}
