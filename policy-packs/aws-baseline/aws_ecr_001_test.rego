package aws.ecr_001_test

import rego.v1

import data.aws.ecr_001

test_immutable if count(ecr_001.deny) == 0 with input as {"inputs": {"imageTagMutability": "IMMUTABLE"}}

test_with_exclusions if count(ecr_001.deny) == 0 with input as {"inputs": {"imageTagMutability": "IMMUTABLE_WITH_EXCLUSION"}}

test_default if count(ecr_001.deny) == 1 with input as {"inputs": {}}

test_mutable if count(ecr_001.deny) == 1 with input as {"inputs": {"imageTagMutability": "MUTABLE"}}

test_mutable_with_exclusions if count(ecr_001.deny) == 1 with input as {"inputs": {"imageTagMutability": "MUTABLE_WITH_EXCLUSION"}}
