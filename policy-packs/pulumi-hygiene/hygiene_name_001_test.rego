package hygiene.name_001_test

import rego.v1

import data.hygiene.name_001

params := {"length_max": 63}

test_plain if count(name_001.deny) == 0 with input as {"name": "web-logs_2.bucket", "type": "a:b:C"} with input.params as params

test_from_a_manifest if count(name_001.deny) == 0 with input as {"name": "shop/web:8080", "type": "kubernetes:core/v1:Service"} with input.params as params

test_space if count(name_001.deny) == 1 with input as {"name": "web logs", "type": "a:b:C"} with input.params as params

test_not_latin if count(name_001.deny) == 1 with input as {"name": "büro", "type": "a:b:C"} with input.params as params

test_long if count(name_001.deny) == 1 with input as {"name": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "type": "a:b:C"} with input.params as params

test_empty if count(name_001.deny) == 1 with input as {"name": "", "type": "a:b:C"} with input.params as params

test_in_the_middle if count(name_001.deny) == 1 with input as {"name": "a$b", "type": "a:b:C"} with input.params as params
