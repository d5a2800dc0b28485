package aws.ecr_003_test

import rego.v1

import data.aws.ecr_003

test_kms if count(ecr_003.deny) == 0 with input as {"inputs": {"encryptionConfigurations": [{"encryptionType": "KMS"}]}}

test_twice if count(ecr_003.deny) == 0 with input as {"inputs": {"encryptionConfigurations": [{"encryptionType": "KMS_DSSE"}]}}

test_default if count(ecr_003.deny) == 1 with input as {"inputs": {}}

test_aes if count(ecr_003.deny) == 1 with input as {"inputs": {"encryptionConfigurations": [{"encryptionType": "AES256"}]}}
