package aws.ecs_004_test

import rego.v1

import data.aws.ecs_004

test_encrypted if count(ecs_004.deny) == 0 with input as {"inputs": {"volumes": [{"name": "v", "efsVolumeConfiguration": {"fileSystemId": "fs-1", "transitEncryption": "ENABLED"}}]}}

test_default if count(ecs_004.deny) == 1 with input as {"inputs": {"volumes": [{"name": "v", "efsVolumeConfiguration": {"fileSystemId": "fs-1"}}]}}

test_other_volumes if count(ecs_004.deny) == 0 with input as {"inputs": {"volumes": [{"name": "v", "hostPath": "/data"}]}}
