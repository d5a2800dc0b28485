package k8s.pod_001_test

import rego.v1

import data.k8s.pod_001

# The same pod in every kind of workload.
places(spec) := [
	{"inputs": {"spec": spec}},
	{"inputs": {"spec": {"template": {"spec": spec}}}},
	{"inputs": {"spec": {"jobTemplate": {"spec": {"template": {"spec": spec}}}}}},
	{"inputs": {"template": {"spec": spec}}},
]

test_off if {
	every place in places({"containers": [{"name": "c", "securityContext": {"privileged": false}}]}) {
		count(pod_001.deny) == 0 with input as place
	}
}

test_null if {
	every place in places({"containers": [{"name": "c", "securityContext": {"privileged": null}}]}) {
		count(pod_001.deny) == 0 with input as place
	}
}

test_not_set if {
	every place in places({"containers": [{"name": "c"}]}) {
		count(pod_001.deny) == 0 with input as place
	}
}

test_on if {
	every place in places({"containers": [{"name": "c", "securityContext": {"privileged": true}}]}) {
		count(pod_001.deny) == 1 with input as place
	}
}

test_init_container if {
	every place in places({"initContainers": [{"name": "i", "securityContext": {"privileged": true}}], "containers": [{"name": "c", "securityContext": {}}]}) {
		count(pod_001.deny) == 1 with input as place
	}
}

test_not_a_boolean if {
	every place in places({"containers": [{"name": "c", "securityContext": {"privileged": "true"}}]}) {
		count(pod_001.deny) == 1 with input as place
	}
}
