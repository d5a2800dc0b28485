package aws.redshift_001_test

import rego.v1

import data.aws.redshift_001

test_default if count(redshift_001.deny) == 0 with input as {"inputs": {}}

test_on if count(redshift_001.deny) == 0 with input as {"inputs": {"encrypted": "true"}}

test_off if count(redshift_001.deny) == 1 with input as {"inputs": {"encrypted": "false"}}

test_off_as_boolean if count(redshift_001.deny) == 1 with input as {"inputs": {"encrypted": false}}
