package aws.opensearch_004_test

import rego.v1

import data.aws.opensearch_004

test_inside if count(opensearch_004.deny) == 0 with input as {"inputs": {"vpcOptions": {"subnetIds": ["subnet-1"]}}}

test_default if count(opensearch_004.deny) == 1 with input as {"inputs": {}}

test_no_subnets if count(opensearch_004.deny) == 1 with input as {"inputs": {"vpcOptions": {"subnetIds": []}}}
