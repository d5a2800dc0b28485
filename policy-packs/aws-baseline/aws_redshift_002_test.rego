package aws.redshift_002_test

import rego.v1

import data.aws.redshift_002

test_default if count(redshift_002.deny) == 0 with input as {"inputs": {}}

test_private if count(redshift_002.deny) == 0 with input as {"inputs": {"publiclyAccessible": false}}

test_public if count(redshift_002.deny) == 1 with input as {"inputs": {"publiclyAccessible": true}}
