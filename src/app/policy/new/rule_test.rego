package rules.{stem}_test

import rego.v1

import data.rules.{stem}

bucket(tags) := {"inputs": {"tags": tags}, "params": {"tag": "owner"}}

test_owned if count({stem}.deny) == 0 with input as bucket({"owner": "web"})

test_not_owned if {
	some finding in {stem}.deny with input as bucket({})
	finding.path == ["tags"]
}

test_owned_by_nobody if count({stem}.deny) == 1 with input as bucket({"owner": ""})
