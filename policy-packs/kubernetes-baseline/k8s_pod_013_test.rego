package k8s.pod_013_test

import rego.v1

import data.k8s.pod_013

# The same pod in every kind of workload.
places(spec) := [
	{"inputs": {"spec": spec}},
	{"inputs": {"spec": {"template": {"spec": spec}}}},
	{"inputs": {"spec": {"jobTemplate": {"spec": {"template": {"spec": spec}}}}}},
	{"inputs": {"template": {"spec": spec}}},
]

test_default if {
	every place in places({"containers": [{"name": "c", "securityContext": {"procMount": "Default"}}]}) {
		count(pod_013.deny) == 0 with input as place
	}
}

test_not_set if {
	every place in places({"containers": [{"name": "c", "securityContext": {}}]}) {
		count(pod_013.deny) == 0 with input as place
	}
}

test_unmasked if {
	every place in places({"containers": [{"name": "c", "securityContext": {"procMount": "Unmasked"}}]}) {
		count(pod_013.deny) == 1 with input as place
	}
}

test_init_container if {
	every place in places({"initContainers": [{"name": "i", "securityContext": {"procMount": "Unmasked"}}], "containers": [{"name": "c", "securityContext": {}}]}) {
		count(pod_013.deny) == 1 with input as place
	}
}
