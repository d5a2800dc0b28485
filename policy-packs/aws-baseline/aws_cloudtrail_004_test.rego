package aws.cloudtrail_004_test

import rego.v1

import data.aws.cloudtrail_004

test_default if count(cloudtrail_004.deny) == 0 with input as {"inputs": {}}

test_on if count(cloudtrail_004.deny) == 0 with input as {"inputs": {"enableLogging": true}}

test_off if count(cloudtrail_004.deny) == 1 with input as {"inputs": {"enableLogging": false}}
