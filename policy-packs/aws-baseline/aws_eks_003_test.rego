package aws.eks_003_test

import rego.v1

import data.aws.eks_003

given(types) := {"inputs": {"enabledClusterLogTypes": types}, "params": {"types": ["api", "audit"]}}

test_kept if count(eks_003.deny) == 0 with input as given(["api", "audit", "authenticator"])

test_some if count(eks_003.deny) == 1 with input as given(["api"])

test_default if count(eks_003.deny) == 2 with input as {"inputs": {}, "params": {"types": ["api", "audit"]}}
