package aws.elasticache_001_test

import rego.v1

import data.aws.elasticache_001

test_encrypted if count(elasticache_001.deny) == 0 with input as {"inputs": {"transitEncryptionEnabled": true}}

test_default if count(elasticache_001.deny) == 1 with input as {"inputs": {}}

test_off if count(elasticache_001.deny) == 1 with input as {"inputs": {"transitEncryptionEnabled": false}}

test_preferred if count(elasticache_001.deny) == 1 with input as {"inputs": {"transitEncryptionEnabled": true, "transitEncryptionMode": "preferred"}}

test_required if count(elasticache_001.deny) == 0 with input as {"inputs": {"transitEncryptionEnabled": true, "transitEncryptionMode": "required"}}

test_member_of_a_group if count(elasticache_001.deny) == 0 with input as {"inputs": {"replicationGroupId": "g"}}
