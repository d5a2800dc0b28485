package hygiene.provider_001_test

import rego.v1

import data.hygiene.provider_001

test_region if count(provider_001.deny) == 0 with input as {"inputs": {"region": "eu-central-1"}}

test_empty if count(provider_001.deny) == 0 with input as {"inputs": {"secretKey": ""}}

test_kubeconfig_with_a_program if count(provider_001.deny) == 0 with input as {"inputs": {"kubeconfig": "{\"users\": [{\"user\": {\"exec\": {\"command\": \"aws\"}}}]}"}}

test_keys if count(provider_001.deny) == 2 with input as {"inputs": {"accessKey": "a", "secretKey": "b"}}

test_kubeconfig if count(provider_001.deny) == 1 with input as {"inputs": {"kubeconfig": "users: [{user: {token: abc}}]"}}

test_kubeconfig_as_an_object if count(provider_001.deny) == 1 with input as {"inputs": {"kubeconfig": {}}}

test_token if count(provider_001.deny) == 1 with input as {"inputs": {"token": "abc"}}
