package aws.athena_002_test

import rego.v1

import data.aws.athena_002

test_default if count(athena_002.deny) == 0 with input as {"inputs": {}}

test_on if count(athena_002.deny) == 0 with input as {"inputs": {"configuration": {"enforceWorkgroupConfiguration": true}}}

test_off if count(athena_002.deny) == 1 with input as {"inputs": {"configuration": {"enforceWorkgroupConfiguration": false}}}
