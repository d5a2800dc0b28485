package aws.mq_001_test

import rego.v1

import data.aws.mq_001

test_default if count(mq_001.deny) == 0 with input as {"inputs": {}}

test_private if count(mq_001.deny) == 0 with input as {"inputs": {"publiclyAccessible": false}}

test_public if count(mq_001.deny) == 1 with input as {"inputs": {"publiclyAccessible": true}}
