package aws.ecs_001_test

import rego.v1

import data.aws.ecs_001

given(containers) := {"inputs": {"containerDefinitions": json.marshal(containers)}}

test_plain if count(ecs_001.deny) == 0 with input as given([{"name": "web"}])

test_privileged if count(ecs_001.deny) == 1 with input as given([{"name": "web"}, {"name": "agent", "privileged": true}])

test_no_name_and_another_case if count(ecs_001.deny) == 1 with input as given([{"Privileged": true}])

test_unreadable if count(ecs_001.deny) == 1 with input as {"inputs": {"containerDefinitions": "["}}

test_host if count(ecs_001.deny) == 1 with input as {"inputs": {"containerDefinitions": "[]", "pidMode": "host"}}

test_two_spellings if count(ecs_001.deny) == 1 with input as {"inputs": {"containerDefinitions": `[{"name": "web", "privileged": false, "Privileged": true}]`}}
