package aws.elasticache_002_test

import rego.v1

import data.aws.elasticache_002

test_encrypted if count(elasticache_002.deny) == 0 with input as {"inputs": {"atRestEncryptionEnabled": true}}

test_as_text if count(elasticache_002.deny) == 0 with input as {"inputs": {"atRestEncryptionEnabled": "true"}}

test_default if count(elasticache_002.deny) == 1 with input as {"inputs": {}}

test_valkey if count(elasticache_002.deny) == 0 with input as {"inputs": {"engine": "valkey"}}

test_valkey_off if count(elasticache_002.deny) == 1 with input as {"inputs": {"engine": "valkey", "atRestEncryptionEnabled": false}}
