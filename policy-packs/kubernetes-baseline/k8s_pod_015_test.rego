package k8s.pod_015_test

import rego.v1

import data.k8s.pod_015

# The same pod in every kind of workload.
places(spec) := [
	{"inputs": {"spec": spec}},
	{"inputs": {"spec": {"template": {"spec": spec}}}},
	{"inputs": {"spec": {"jobTemplate": {"spec": {"template": {"spec": spec}}}}}},
	{"inputs": {"template": {"spec": spec}}},
]

test_off if {
	every place in places({"containers": [{"name": "c", "securityContext": {"windowsOptions": {"hostProcess": false}}}]}) {
		count(pod_015.deny) == 0 with input as place
	}
}

test_not_set if {
	every place in places({"containers": [{"name": "c", "securityContext": {}}]}) {
		count(pod_015.deny) == 0 with input as place
	}
}

test_container if {
	every place in places({"containers": [{"name": "c", "securityContext": {"windowsOptions": {"hostProcess": true}}}]}) {
		count(pod_015.deny) == 1 with input as place
	}
}

test_pod if {
	every place in places({"containers": [{"name": "c", "securityContext": {}}], "securityContext": {"windowsOptions": {"hostProcess": true}}}) {
		count(pod_015.deny) == 1 with input as place
	}
}
