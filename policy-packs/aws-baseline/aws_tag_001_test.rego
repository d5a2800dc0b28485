package aws.tag_001_test

import rego.v1

import data.aws.tag_001

given(tags) := {"inputs": {"tags": tags}, "params": {"required": ["owner"]}}

test_owned if count(tag_001.deny) == 0 with input as given({"owner": "web"})

test_empty if count(tag_001.deny) == 1 with input as given({"owner": " "})

test_missing if count(tag_001.deny) == 1 with input as given({"team": "web"})

test_no_tags if count(tag_001.deny) == 1 with input as {"inputs": {}, "params": {"required": ["owner"]}}
