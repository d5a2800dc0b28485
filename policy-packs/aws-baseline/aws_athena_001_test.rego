package aws.athena_001_test

import rego.v1

import data.aws.athena_001

workgroup := "aws:athena/workgroup:Workgroup"

test_encrypted if count(athena_001.deny) == 0 with input as {"type": workgroup, "inputs": {"configuration": {"resultConfiguration": {"encryptionConfiguration": {"encryptionOption": "SSE_S3"}}}}}

test_managed if count(athena_001.deny) == 0 with input as {"type": workgroup, "inputs": {"configuration": {"managedQueryResultsConfiguration": {"enabled": true}}}}

test_default if count(athena_001.deny) == 1 with input as {"type": workgroup, "inputs": {}}

test_encrypted_database if count(athena_001.deny) == 0 with input as {"type": "aws:athena/database:Database", "inputs": {"encryptionConfiguration": {"encryptionOption": "SSE_KMS"}}}

test_database if count(athena_001.deny) == 1 with input as {"type": "aws:athena/database:Database", "inputs": {"bucket": "b"}}
