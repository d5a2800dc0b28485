package hygiene.provider_001_test

import rego.v1

import data.hygiene.provider_001

test_region if count(provider_001.deny) == 0 with input as {"inputs": {"region": "eu-central-1"}}

test_empty if count(provider_001.deny) == 0 with input as {"inputs": {"secretKey": ""}}

test_kubeconfig_with_a_program if count(provider_001.deny) == 0 with input as {"inputs": {"kubeconfig": "{\"users\": [{\"user\": {\"exec\": {\"command\": \"aws\", \"args\": [\"eks\", \"get-token\"]}}}]}"}}

test_kubeconfig_in_yaml if count(provider_001.deny) == 0 with input as {"inputs": {"kubeconfig": "users:\n- user:\n    exec:\n      args: [get-token]\n      command: aws"}}

test_path_of_a_kubeconfig if count(provider_001.deny) == 0 with input as {"inputs": {"kubeconfig": "~/.kube/config"}}

test_keys if count(provider_001.deny) == 2 with input as {"inputs": {"accessKey": "a", "secretKey": "b"}}

test_kubeconfig if count(provider_001.deny) == 1 with input as {"inputs": {"kubeconfig": "users: [{user: {token: abc}}]"}}

test_kubeconfig_as_an_object if {
	count(provider_001.deny) == 1 with input as {"inputs": {"kubeconfig": {"users": [{"user": {"token": "abc"}}]}}}
	count(provider_001.deny) == 0 with input as {"inputs": {"kubeconfig": {"users": [{"user": {"exec": {"command": "aws"}}}]}}}
}

test_kubeconfig_in_json if count(provider_001.deny) == 1 with input as {"inputs": {"kubeconfig": "{\"users\": [{\"user\": {\"token\": \"abc\"}}]}"}}

test_token if count(provider_001.deny) == 1 with input as {"inputs": {"token": "abc"}}

test_files if {
	count(provider_001.deny) == 2 with input as {"inputs": {"sharedConfigFiles": "[\"./config\"]", "sharedCredentialsFiles": ["./credentials"]}}
	count(provider_001.deny) == 0 with input as {"inputs": {"sharedConfigFiles": "[]", "sharedCredentialsFiles": [], "sharedCredentialsFile": ""}}
}

test_registries if {
	count(provider_001.deny) == 1 with input as {"inputs": {"registryAuth": [{"address": "registry.example", "username": "u", "password": "abc"}]}}
	count(provider_001.deny) == 1 with input as {"inputs": {"registryAuth": "[{\"address\":\"registry.example\",\"password\":\"abc\"}]"}}
	count(provider_001.deny) == 1 with input as {"inputs": {"registries": {"password": "abc"}}}
	count(provider_001.deny) == 1 with input as {"inputs": {"registryAuth": "[{password: abc}]"}}
	count(provider_001.deny) == 0 with input as {"inputs": {"registryAuth": "[{\"address\":\"registry.example\",\"configFile\":\"~/.docker/config.json\"}]"}}
}

test_token_of_a_job if {
	count(provider_001.deny) == 1 with input as {"inputs": {"assumeRoleWithWebIdentity": "{\"roleArn\":\"r\",\"webIdentityToken\":\"abc\"}"}}
	count(provider_001.deny) == 0 with input as {"inputs": {"assumeRoleWithWebIdentity": {"roleArn": "r", "webIdentityTokenFile": "/run/token"}}}
}
