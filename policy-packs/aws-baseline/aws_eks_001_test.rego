package aws.eks_001_test

import rego.v1

import data.aws.eks_001

test_private if count(eks_001.deny) == 0 with input as {"inputs": {"vpcConfig": {"endpointPublicAccess": false}}}

test_narrowed if count(eks_001.deny) == 0 with input as {"inputs": {"vpcConfig": {"publicAccessCidrs": ["203.0.113.0/24"]}}}

test_default if count(eks_001.deny) == 1 with input as {"inputs": {"vpcConfig": {}}}

test_world if count(eks_001.deny) == 1 with input as {"inputs": {"vpcConfig": {"publicAccessCidrs": ["203.0.113.0/24", "0.0.0.0/0"]}}}
