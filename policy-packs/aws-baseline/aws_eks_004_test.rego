package aws.eks_004_test

import rego.v1

import data.aws.eks_004

test_no_key if count(eks_004.deny) == 0 with input as {"inputs": {}}

test_narrowed if count(eks_004.deny) == 0 with input as {"inputs": {"remoteAccess": {"ec2SshKey": "k", "sourceSecurityGroupIds": ["sg-1"]}}}

test_open if count(eks_004.deny) == 1 with input as {"inputs": {"remoteAccess": {"ec2SshKey": "k"}}}

test_empty if count(eks_004.deny) == 1 with input as {"inputs": {"remoteAccess": {"ec2SshKey": "k", "sourceSecurityGroupIds": []}}}
