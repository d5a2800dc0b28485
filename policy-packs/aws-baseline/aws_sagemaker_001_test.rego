package aws.sagemaker_001_test

import rego.v1

import data.aws.sagemaker_001

test_none if count(sagemaker_001.deny) == 0 with input as {"inputs": {"directInternetAccess": "Disabled"}}

test_default if count(sagemaker_001.deny) == 1 with input as {"inputs": {}}

test_direct if count(sagemaker_001.deny) == 1 with input as {"inputs": {"directInternetAccess": "Enabled"}}
