package aws.cloudtrail_001_test

import rego.v1

import data.aws.cloudtrail_001

test_all if count(cloudtrail_001.deny) == 0 with input as {"inputs": {"isMultiRegionTrail": true}}

test_default if count(cloudtrail_001.deny) == 1 with input as {"inputs": {}}

test_no_global_services if count(cloudtrail_001.deny) == 1 with input as {"inputs": {"isMultiRegionTrail": true, "includeGlobalServiceEvents": false}}
