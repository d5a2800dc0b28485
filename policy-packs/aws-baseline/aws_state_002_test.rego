package aws.state_002_test

import rego.v1

import data.aws.state_002

options(old, new) := {"old_options": {"protect": old}, "options": {"protect": new}}

test_kept if count(state_002.deny) == 0 with input as options(true, true)

test_taken_away if count(state_002.deny) == 1 with input as options(true, false)

test_never_there if count(state_002.deny) == 0 with input as options(false, false)

test_new if count(state_002.deny) == 0 with input as {"old_options": null, "options": {"protect": false}}
