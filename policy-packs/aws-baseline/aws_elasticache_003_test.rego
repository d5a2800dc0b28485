package aws.elasticache_003_test

import rego.v1

import data.aws.elasticache_003

test_kept if count(elasticache_003.deny) == 0 with input as {"inputs": {"engine": "redis", "snapshotRetentionLimit": 1}, "params": {"days": 1}}

test_default if count(elasticache_003.deny) == 1 with input as {"inputs": {"engine": "redis"}, "params": {"days": 1}}

test_too_few if count(elasticache_003.deny) == 1 with input as {"inputs": {"snapshotRetentionLimit": 3}, "params": {"days": 7}}

test_memcached if count(elasticache_003.deny) == 0 with input as {"inputs": {"engine": "memcached"}, "params": {"days": 1}}
