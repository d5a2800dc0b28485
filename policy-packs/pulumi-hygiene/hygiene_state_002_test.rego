package hygiene.state_002_test

import rego.v1

import data.hygiene.state_002

test_kept if count(state_002.deny) == 0 with input as {"old_options": {"retain_on_delete": true}, "options": {"retain_on_delete": true}}

test_never_there if count(state_002.deny) == 0 with input as {"old_options": {"retain_on_delete": false}, "options": {"retain_on_delete": false}}

test_new if count(state_002.deny) == 0 with input as {"old_options": null, "options": {"retain_on_delete": false}}

test_taken_away if count(state_002.deny) == 1 with input as {"old_options": {"retain_on_delete": true}, "options": {"retain_on_delete": false}}
