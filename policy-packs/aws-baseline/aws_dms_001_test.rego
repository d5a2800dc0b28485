package aws.dms_001_test

import rego.v1

import data.aws.dms_001

test_private if count(dms_001.deny) == 0 with input as {"inputs": {"publiclyAccessible": false}}

test_default if count(dms_001.deny) == 0 with input as {"inputs": {}}

test_public if count(dms_001.deny) == 1 with input as {"inputs": {"publiclyAccessible": true}}
