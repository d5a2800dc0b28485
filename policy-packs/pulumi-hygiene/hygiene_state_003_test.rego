package hygiene.state_003_test

import rego.v1

import data.hygiene.state_003

test_kept if count(state_003.deny) == 0 with input as {"old_options": {}, "old_inputs": {"deletionProtection": true}, "inputs": {"deletionProtection": true}}

test_never_there if count(state_003.deny) == 0 with input as {"old_options": {}, "old_inputs": {}, "inputs": {"forceDestroy": false}}

test_new if count(state_003.deny) == 0 with input as {"old_options": null, "old_inputs": null, "inputs": {"forceDestroy": true}}

test_always if count(state_003.deny) == 0 with input as {"old_options": {}, "old_inputs": {"forceDestroy": true}, "inputs": {"forceDestroy": true}}

test_off if count(state_003.deny) == 1 with input as {"old_options": {}, "old_inputs": {"deletionProtection": true}, "inputs": {"deletionProtection": false}}

test_left_out if count(state_003.deny) == 1 with input as {"old_options": {}, "old_inputs": {"enableDeletionProtection": true}, "inputs": {}}

test_forced if count(state_003.deny) == 1 with input as {"old_options": {}, "old_inputs": {}, "inputs": {"forceDestroy": true}}

test_two if count(state_003.deny) == 2 with input as {"old_options": {}, "old_inputs": {"deletionProtection": true, "skipFinalSnapshot": false}, "inputs": {"skipFinalSnapshot": true}}

test_other_words if {
	count(state_003.deny) == 1 with input as {"old_options": {}, "old_inputs": {"deletionProtection": "ACTIVE"}, "inputs": {"deletionProtection": "INACTIVE"}}
	count(state_003.deny) == 0 with input as {"old_options": {}, "old_inputs": {"deletionProtection": "ACTIVE"}, "inputs": {"deletionProtection": "ACTIVE"}}
	count(state_003.deny) == 1 with input as {"old_options": {}, "old_inputs": {"deleteProtection": true}, "inputs": {"deleteProtection": false}}
}

test_among_settings if {
	found := state_003.deny with input as {"old_options": {}, "old_inputs": {"settings": {"deletionProtectionEnabled": true}}, "inputs": {"settings": {}}}
	{finding.path | some finding in found} == {["settings", "deletionProtectionEnabled"]}
}
