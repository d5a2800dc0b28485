package k8s.pod_008_test

import rego.v1

import data.k8s.pod_008

# The same pod in every kind of workload.
places(spec) := [
	{"inputs": {"spec": spec}},
	{"inputs": {"spec": {"template": {"spec": spec}}}},
	{"inputs": {"spec": {"jobTemplate": {"spec": {"template": {"spec": spec}}}}}},
	{"inputs": {"template": {"spec": spec}}},
]

test_of_the_pod if {
	every place in places({"containers": [{"name": "c", "securityContext": {}}], "securityContext": {"runAsNonRoot": true}}) {
		count(pod_008.deny) == 0 with input as place
	}
}

test_of_the_container if {
	every place in places({"containers": [{"name": "c", "securityContext": {"runAsNonRoot": true}}], "securityContext": {"runAsNonRoot": false}}) {
		count(pod_008.deny) == 0 with input as place
	}
}

test_not_set if {
	every place in places({"containers": [{"name": "c"}]}) {
		count(pod_008.deny) == 1 with input as place
	}
}

test_turned_off if {
	every place in places({"containers": [{"name": "c", "securityContext": {"runAsNonRoot": false}}], "securityContext": {"runAsNonRoot": true}}) {
		count(pod_008.deny) == 1 with input as place
	}
}

test_init_container if {
	every place in places({"containers": [{"name": "c", "securityContext": {"runAsNonRoot": true}}], "initContainers": [{"name": "i"}]}) {
		count(pod_008.deny) == 1 with input as place
	}
}
