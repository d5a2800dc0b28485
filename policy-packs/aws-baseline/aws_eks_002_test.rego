package aws.eks_002_test

import rego.v1

import data.aws.eks_002

test_encrypted if count(eks_002.deny) == 0 with input as {"inputs": {"encryptionConfig": {"resources": ["secrets"], "provider": {"keyArn": "arn"}}}}

test_default if count(eks_002.deny) == 1 with input as {"inputs": {}}

test_nothing if count(eks_002.deny) == 1 with input as {"inputs": {"encryptionConfig": {"resources": []}}}
