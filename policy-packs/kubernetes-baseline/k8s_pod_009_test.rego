package k8s.pod_009_test

import rego.v1

import data.k8s.pod_009

# The same pod in every kind of workload.
places(spec) := [
	{"inputs": {"spec": spec}},
	{"inputs": {"spec": {"template": {"spec": spec}}}},
	{"inputs": {"spec": {"jobTemplate": {"spec": {"template": {"spec": spec}}}}}},
	{"inputs": {"template": {"spec": spec}}},
]

test_other if {
	every place in places({"containers": [{"name": "c", "securityContext": {"runAsUser": 1000}}], "securityContext": {"runAsUser": 65534}}) {
		count(pod_009.deny) == 0 with input as place
	}
}

test_not_set if {
	every place in places({"containers": [{"name": "c", "securityContext": {}}]}) {
		count(pod_009.deny) == 0 with input as place
	}
}

test_container if {
	every place in places({"containers": [{"name": "c", "securityContext": {"runAsUser": 0}}]}) {
		count(pod_009.deny) == 1 with input as place
	}
}

test_pod if {
	every place in places({"containers": [{"name": "c", "securityContext": {}}], "securityContext": {"runAsUser": 0}}) {
		count(pod_009.deny) == 1 with input as place
	}
}

test_both if {
	every place in places({"containers": [{"name": "c", "securityContext": {"runAsUser": 0}}], "securityContext": {"runAsUser": 0}}) {
		count(pod_009.deny) == 2 with input as place
	}
}
