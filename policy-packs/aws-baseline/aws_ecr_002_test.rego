package aws.ecr_002_test

import rego.v1

import data.aws.ecr_002

test_scanned if count(ecr_002.deny) == 0 with input as {"inputs": {"imageScanningConfiguration": {"scanOnPush": true}}}

test_default if count(ecr_002.deny) == 1 with input as {"inputs": {}}

test_off if count(ecr_002.deny) == 1 with input as {"inputs": {"imageScanningConfiguration": {"scanOnPush": false}}}
