package aws.redshift_003_test

import rego.v1

import data.aws.redshift_003

test_demanded if count(redshift_003.deny) == 0 with input as {"inputs": {"parameters": [{"name": "query_group", "value": "x"}, {"name": "require_ssl", "value": "true"}]}}

test_default if count(redshift_003.deny) == 1 with input as {"inputs": {}}

test_off if count(redshift_003.deny) == 1 with input as {"inputs": {"parameters": [{"name": "require_ssl", "value": "false"}]}}
