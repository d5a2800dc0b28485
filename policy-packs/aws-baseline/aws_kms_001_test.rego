package aws.kms_001_test

import rego.v1

import data.aws.kms_001

test_rotating if count(kms_001.deny) == 0 with input as {"inputs": {"enableKeyRotation": true}}

test_default if count(kms_001.deny) == 1 with input as {"inputs": {}}

test_null if count(kms_001.deny) == 1 with input as {"inputs": {"customerMasterKeySpec": null}}

test_asymmetric if count(kms_001.deny) == 0 with input as {"inputs": {"customerMasterKeySpec": "RSA_4096"}}

test_symmetric if count(kms_001.deny) == 1 with input as {"inputs": {"customerMasterKeySpec": "SYMMETRIC_DEFAULT"}}
