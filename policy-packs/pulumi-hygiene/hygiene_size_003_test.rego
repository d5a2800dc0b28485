package hygiene.size_003_test

import rego.v1

import data.hygiene.size_003

params := {"changes_max": 2}

test_few if count(size_003.deny) == 0 with input as {"resources": [{"urn": "u0", "type": "t:i:T", "op": "update"}, {"urn": "u1", "type": "t:i:T", "op": "update"}]} with input.params as params

test_one_in_three_steps if count(size_003.deny) == 0 with input as {"resources": [{"urn": "u1", "type": "t", "op": "replace"}, {"urn": "u1", "type": "t", "op": "create-replacement"}, {"urn": "u1", "type": "t", "op": "delete-replaced"}]} with input.params as params

test_many if count(size_003.deny) == 1 with input as {"resources": [{"urn": "u0", "type": "t:i:T", "op": "create"}, {"urn": "u1", "type": "t:i:T", "op": "create"}, {"urn": "u2", "type": "t:i:T", "op": "create"}]} with input.params as params
