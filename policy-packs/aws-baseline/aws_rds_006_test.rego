package aws.rds_006_test

import rego.v1

import data.aws.rds_006

test_logged if count(rds_006.deny) == 0 with input as {"inputs": {"enabledCloudwatchLogsExports": ["postgresql"]}}

test_default if count(rds_006.deny) == 1 with input as {"inputs": {}}

test_none if count(rds_006.deny) == 1 with input as {"inputs": {"enabledCloudwatchLogsExports": []}}
