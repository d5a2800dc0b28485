package aws.ec2_003_test

import rego.v1

import data.aws.ec2_003

test_required if count(ec2_003.deny) == 0 with input as {"inputs": {"metadataOptions": {"httpTokens": "required"}}}

test_disabled if count(ec2_003.deny) == 0 with input as {"inputs": {"metadataOptions": {"httpEndpoint": "disabled"}}}

test_default if count(ec2_003.deny) == 1 with input as {"inputs": {}}

test_optional if count(ec2_003.deny) == 1 with input as {"inputs": {"metadataOptions": {"httpEndpoint": "enabled", "httpTokens": "optional"}}}
