package k8s.secret_003_test

import rego.v1

import data.k8s.secret_003

test_settings if count(secret_003.deny) == 0 with input as {"inputs": {"data": {"stage": "prod", "token_ttl": "3600"}}}

test_empty if count(secret_003.deny) == 0 with input as {"inputs": {"data": {"password": ""}}}

test_none if count(secret_003.deny) == 0 with input as {"inputs": {}}

test_name if count(secret_003.deny) == 1 with input as {"inputs": {"data": {"db.password": "x"}}}

test_private_key if count(secret_003.deny) == 1 with input as {"inputs": {"data": {"server.pem": "-----BEGIN PRIVATE KEY-----\nabc"}}}

test_access_key if count(secret_003.deny) == 1 with input as {"inputs": {"data": {"aws": "AKIAIOSFODNN7EXAMPLE"}}}
