package aws.guardduty_001_test

import rego.v1

import data.aws.guardduty_001

test_default if count(guardduty_001.deny) == 0 with input as {"inputs": {}}

test_on if count(guardduty_001.deny) == 0 with input as {"inputs": {"enable": true}}

test_off if count(guardduty_001.deny) == 1 with input as {"inputs": {"enable": false}}
