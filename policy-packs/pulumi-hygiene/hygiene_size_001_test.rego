package hygiene.size_001_test

import rego.v1

import data.hygiene.size_001

params := {"removals_max": 2}

test_few if count(size_001.deny) == 0 with input as {"resources": [{"urn": "u0", "type": "t:i:T", "op": "delete"}, {"urn": "u1", "type": "t:i:T", "op": "delete"}]} with input.params as params

test_none if count(size_001.deny) == 0 with input as {"resources": []} with input.params as params

test_one_replaced_in_three_steps if count(size_001.deny) == 0 with input as {"resources": [{"urn": "u1", "type": "t:i:T", "op": "replace"}, {"urn": "u1", "type": "t:i:T", "op": "delete-replaced"}, {"urn": "u2", "type": "t:i:T", "op": "delete"}]} with input.params as params

test_many if count(size_001.deny) == 1 with input as {"resources": [{"urn": "u0", "type": "t:i:T", "op": "delete"}, {"urn": "u1", "type": "t:i:T", "op": "delete"}, {"urn": "u2", "type": "t:i:T", "op": "delete"}]} with input.params as params

test_replaced if count(size_001.deny) == 1 with input as {"resources": [{"urn": "u0", "type": "t:i:T", "op": "replace"}, {"urn": "u1", "type": "t:i:T", "op": "replace"}, {"urn": "u2", "type": "t:i:T", "op": "replace"}]} with input.params as params
