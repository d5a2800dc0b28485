package aws.config_001_test

import rego.v1

import data.aws.config_001

test_default if count(config_001.deny) == 0 with input as {"inputs": {}}

test_some if count(config_001.deny) == 1 with input as {"inputs": {"recordingGroup": {"allSupported": false, "resourceTypes": ["AWS::EC2::Instance"]}}}

test_all_but_some if count(config_001.deny) == 0 with input as {"inputs": {"recordingGroup": {"allSupported": false, "recordingStrategies": [{"useOnly": "EXCLUSION_BY_RESOURCE_TYPES"}]}}}

test_off if count(config_001.deny) == 1 with input as {"inputs": {"isEnabled": false}}
