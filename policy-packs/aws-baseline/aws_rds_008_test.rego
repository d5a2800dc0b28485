package aws.rds_008_test

import rego.v1

import data.aws.rds_008

test_default if count(rds_008.deny) == 0 with input as {"inputs": {"family": "postgres16"}}

test_on if count(rds_008.deny) == 0 with input as {"inputs": {"parameters": [{"name": "rds.force_ssl", "value": "1"}]}}

test_off if count(rds_008.deny) == 1 with input as {"inputs": {"parameters": [{"name": "log_statement", "value": "0"}, {"name": "rds.force_ssl", "value": "0"}]}}

test_off_as_a_number if count(rds_008.deny) == 1 with input as {"inputs": {"parameters": [{"name": "rds.force_ssl", "value": 0}]}}

test_off_in_mysql if count(rds_008.deny) == 1 with input as {"inputs": {"parameters": [{"name": "require_secure_transport", "value": "OFF"}]}}
