package hygiene.state_001_test

import rego.v1

import data.hygiene.state_001

test_kept if count(state_001.deny) == 0 with input as {"old_options": {"protect": true}, "options": {"protect": true}}

test_never_there if count(state_001.deny) == 0 with input as {"old_options": {"protect": false}, "options": {"protect": false}}

test_new if count(state_001.deny) == 0 with input as {"old_options": null, "options": {"protect": false}}

test_added if count(state_001.deny) == 0 with input as {"old_options": {"protect": false}, "options": {"protect": true}}

test_taken_away if count(state_001.deny) == 1 with input as {"old_options": {"protect": true}, "options": {"protect": false}}

test_not_said if count(state_001.deny) == 1 with input as {"old_options": {"protect": true}, "options": {}}
