package aws.ecs_003_test

import rego.v1

import data.aws.ecs_003

test_private if count(ecs_003.deny) == 0 with input as {"inputs": {"networkConfiguration": {"assignPublicIp": false}}}

test_default if count(ecs_003.deny) == 0 with input as {"inputs": {}}

test_public if count(ecs_003.deny) == 1 with input as {"inputs": {"networkConfiguration": {"assignPublicIp": true}}}
