package k8s.containers_test

import rego.v1

import data.k8s.containers

spec := {"containers": [{"name": "a"}, {"name": "b"}], "initContainers": [{"name": "c"}]}

test_every_container_is_found if {
	every place in [
		{"inputs": {"spec": spec}},
		{"inputs": {"spec": {"template": {"spec": spec}}}},
		{"inputs": {"spec": {"jobTemplate": {"spec": {"template": {"spec": spec}}}}}},
		{"inputs": {"template": {"spec": spec}}},
	] {
		count(containers.pod) == 3 with input as place
		count(containers.pods) == 1 with input as place
	}
}

test_paths_lead_to_what_they_name if {
	paths := {path | some path, _ in containers.pod} with input as {"inputs": {"template": {"spec": spec}}}
	paths == {
		["template", "spec", "containers", 0],
		["template", "spec", "containers", 1],
		["template", "spec", "initContainers", 0],
	}
}

test_nothing_is_found_in_nothing if {
	count(containers.pod) == 0 with input as {"inputs": {}}
	count(containers.pod) == 0 with input as {"inputs": null}
	count(containers.pod) == 0 with input as {"inputs": {"spec": {"containers": []}}}
}
