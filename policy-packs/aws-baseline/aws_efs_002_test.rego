package aws.efs_002_test

import rego.v1

import data.aws.efs_002

test_default if count(efs_002.deny) == 0 with input as {"inputs": {}}

test_one_zone if count(efs_002.deny) == 1 with input as {"inputs": {"availabilityZoneName": "eu-central-1a"}}
