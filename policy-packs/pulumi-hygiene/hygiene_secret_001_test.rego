package hygiene.secret_001_test

import rego.v1

import data.hygiene.secret_001

test_plain if count(secret_001.deny) == 0 with input as {"inputs": {"bucket": "web-logs", "tags": {"owner": "web"}}}

test_reference if count(secret_001.deny) == 0 with input as {"inputs": {"password": "arn:aws:secretsmanager:eu-central-1:111122223333:secret:db"}}

test_about_a_secret if count(secret_001.deny) == 0 with input as {"inputs": {"secretName": "aB3dE5fG7hI9jK1lM3nO5pQ7"}}

test_short if count(secret_001.deny) == 0 with input as {"inputs": {"password": "changeme"}}

test_nothing if count(secret_001.deny) == 0 with input as {"inputs": {}}

test_access_key if count(secret_001.deny) == 1 with input as {"inputs": {"a": [{"b": "AKIAIOSFODNN7EXAMPLE"}]}}

test_private_key if count(secret_001.deny) == 1 with input as {"inputs": {"pem": "-----BEGIN RSA PRIVATE KEY-----"}}

test_password if count(secret_001.deny) == 1 with input as {"inputs": {"db": {"masterPassword": "aB3dE5fG7hI9jK1lM3nO5pQ7"}}}

test_token if count(secret_001.deny) == 1 with input as {"inputs": {"apiToken": "0123456789abcdef0123456789abcdef"}}
