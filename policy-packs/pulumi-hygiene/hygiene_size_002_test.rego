package hygiene.size_002_test

import rego.v1

import data.hygiene.size_002

params := {"percent_max": 30}

test_none if count(size_002.deny) == 0 with input as {"resources": [{"urn": "u0", "type": "t:i:T", "op": "same"}, {"urn": "u1", "type": "t:i:T", "op": "same"}, {"urn": "u2", "type": "t:i:T", "op": "same"}]} with input.params as params

test_few if count(size_002.deny) == 0 with input as {"resources": [{"urn": "u0", "type": "t:i:T", "op": "same"}, {"urn": "u1", "type": "t:i:T", "op": "same"}, {"urn": "u2", "type": "t:i:T", "op": "same"}, {"urn": "u3", "type": "t:i:T", "op": "same"}, {"urn": "u4", "type": "t:i:T", "op": "same"}, {"urn": "u5", "type": "t:i:T", "op": "same"}, {"urn": "u6", "type": "t:i:T", "op": "same"}, {"urn": "u7", "type": "t:i:T", "op": "delete"}, {"urn": "u8", "type": "t:i:T", "op": "delete"}, {"urn": "u9", "type": "t:i:T", "op": "delete"}]} with input.params as params

test_one if count(size_002.deny) == 0 with input as {"resources": [{"urn": "u0", "type": "t:i:T", "op": "delete"}]} with input.params as params

test_new if count(size_002.deny) == 0 with input as {"resources": [{"urn": "u0", "type": "t:i:T", "op": "create"}, {"urn": "u1", "type": "t:i:T", "op": "create"}, {"urn": "u2", "type": "t:i:T", "op": "create"}, {"urn": "u3", "type": "t:i:T", "op": "create"}, {"urn": "u4", "type": "t:i:T", "op": "create"}]} with input.params as params

test_bookkeeping if count(size_002.deny) == 0 with input as {"resources": [{"urn": "u0", "type": "pulumi:providers:aws", "op": "delete"}, {"urn": "u1", "type": "pulumi:providers:aws", "op": "delete"}, {"urn": "u5", "type": "t:i:T", "op": "same"}]} with input.params as params

test_half if count(size_002.deny) == 1 with input as {"resources": [{"urn": "u0", "type": "t:i:T", "op": "same"}, {"urn": "u1", "type": "t:i:T", "op": "same"}, {"urn": "u2", "type": "t:i:T", "op": "same"}, {"urn": "u3", "type": "t:i:T", "op": "delete"}, {"urn": "u4", "type": "t:i:T", "op": "delete"}, {"urn": "u5", "type": "t:i:T", "op": "delete"}]} with input.params as params

test_all if count(size_002.deny) == 1 with input as {"resources": [{"urn": "u0", "type": "t:i:T", "op": "delete"}, {"urn": "u1", "type": "t:i:T", "op": "delete"}]} with input.params as params

test_new_ones_do_not_count if count(size_002.deny) == 1 with input as {"resources": [{"urn": "u0", "type": "t:i:T", "op": "delete"}, {"urn": "u1", "type": "t:i:T", "op": "delete"}, {"urn": "u2", "type": "t:i:T", "op": "create"}, {"urn": "u3", "type": "t:i:T", "op": "create"}, {"urn": "u4", "type": "t:i:T", "op": "create"}, {"urn": "u5", "type": "t:i:T", "op": "create"}, {"urn": "u6", "type": "t:i:T", "op": "create"}, {"urn": "u7", "type": "t:i:T", "op": "create"}, {"urn": "u8", "type": "t:i:T", "op": "create"}, {"urn": "u9", "type": "t:i:T", "op": "create"}, {"urn": "u10", "type": "t:i:T", "op": "create"}]} with input.params as params
