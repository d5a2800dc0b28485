package aws.kms_002_test

import rego.v1

import data.aws.kms_002

test_own_key if count(kms_002.deny) == 0 with input as {"type": "aws:rds/instance:Instance", "inputs": {"kmsKeyId": "arn:aws:kms:eu-central-1:1:key/k"}}

test_default if count(kms_002.deny) == 1 with input as {"type": "aws:rds/instance:Instance", "inputs": {}}

test_graph if count(kms_002.deny) == 1 with input as {"type": "aws:neptune/cluster:Cluster", "inputs": {}}

test_graph_with_key if count(kms_002.deny) == 0 with input as {"type": "aws:neptune/cluster:Cluster", "inputs": {"kmsKeyArn": "arn:aws:kms:eu-central-1:1:key/k"}}
