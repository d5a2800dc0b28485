package k8s.pod_017_test

import rego.v1

import data.k8s.pod_017

# The same pod in every kind of workload.
places(spec) := [
	{"inputs": {"spec": spec}},
	{"inputs": {"spec": {"template": {"spec": spec}}}},
	{"inputs": {"spec": {"jobTemplate": {"spec": {"template": {"spec": spec}}}}}},
	{"inputs": {"template": {"spec": spec}}},
]

test_on if {
	every place in places({"containers": [{"name": "c", "securityContext": {"readOnlyRootFilesystem": true}}]}) {
		count(pod_017.deny) == 0 with input as place
	}
}

test_windows if {
	every place in places({"os": {"name": "Windows"}, "containers": [{"name": "c"}]}) {
		count(pod_017.deny) == 0 with input as place
	}
}

test_off if {
	every place in places({"containers": [{"name": "c", "securityContext": {"readOnlyRootFilesystem": false}}]}) {
		count(pod_017.deny) == 1 with input as place
	}
}

test_not_set if {
	every place in places({"containers": [{"name": "c"}]}) {
		count(pod_017.deny) == 1 with input as place
	}
}
