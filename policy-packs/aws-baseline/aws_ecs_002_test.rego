package aws.ecs_002_test

import rego.v1

import data.aws.ecs_002

given(environment) := {"inputs": {"containerDefinitions": json.marshal([{"name": "web", "environment": environment}])}}

test_plain if count(ecs_002.deny) == 0 with input as given([{"name": "STAGE", "value": "prod"}])

test_reference if count(ecs_002.deny) == 0 with input as given([{"name": "DB_PASSWORD", "value": "arn:aws:secretsmanager:eu-central-1:1:secret:db"}])

test_secret if count(ecs_002.deny) == 1 with input as given([{"name": "STAGE", "value": "prod"}, {"name": "DB_PASSWORD", "value": "hunter2"}])

test_access_key if count(ecs_002.deny) == 1 with input as given([{"name": "ID", "value": "AKIAIOSFODNN7EXAMPLE"}])

test_another_case if count(ecs_002.deny) == 1 with input as given([{"Name": "DB_PASSWORD", "Value": "hunter2"}])

test_no_environment if count(ecs_002.deny) == 0 with input as {"inputs": {"containerDefinitions": "[{\"name\": \"web\"}]"}}

test_two_spellings if {
	found := ecs_002.deny with input as {"inputs": {"containerDefinitions": `[{"name": "web", "environment": [{"name": "STAGE", "Name": "DB_PASSWORD", "value": "hunter2"}]}]`}}
	count(found) == 1
}
