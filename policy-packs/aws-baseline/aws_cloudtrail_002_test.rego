package aws.cloudtrail_002_test

import rego.v1

import data.aws.cloudtrail_002

test_on if count(cloudtrail_002.deny) == 0 with input as {"inputs": {"enableLogFileValidation": true}}

test_default if count(cloudtrail_002.deny) == 1 with input as {"inputs": {}}

test_off if count(cloudtrail_002.deny) == 1 with input as {"inputs": {"enableLogFileValidation": false}}
