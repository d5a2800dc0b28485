package k8s.pod_018_test

import rego.v1

import data.k8s.pod_018

# The same pod in every kind of workload.
places(spec) := [
	{"inputs": {"spec": spec}},
	{"inputs": {"spec": {"template": {"spec": spec}}}},
	{"inputs": {"spec": {"jobTemplate": {"spec": {"template": {"spec": spec}}}}}},
	{"inputs": {"template": {"spec": spec}}},
]

test_off if {
	every place in places({"shareProcessNamespace": false}) {
		count(pod_018.deny) == 0 with input as place
	}
}

test_not_set if {
	every place in places({}) {
		count(pod_018.deny) == 0 with input as place
	}
}

test_on if {
	every place in places({"shareProcessNamespace": true}) {
		count(pod_018.deny) == 1 with input as place
	}
}
