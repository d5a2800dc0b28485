package aws.kinesis_001_test

import rego.v1

import data.aws.kinesis_001

test_encrypted if count(kinesis_001.deny) == 0 with input as {"inputs": {"encryptionType": "KMS"}}

test_default if count(kinesis_001.deny) == 1 with input as {"inputs": {}}

test_off if count(kinesis_001.deny) == 1 with input as {"inputs": {"encryptionType": "NONE"}}
