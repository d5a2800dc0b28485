package k8s.pod_007_test

import rego.v1

import data.k8s.pod_007

# The same pod in every kind of workload.
places(spec) := [
	{"inputs": {"spec": spec}},
	{"inputs": {"spec": {"template": {"spec": spec}}}},
	{"inputs": {"spec": {"jobTemplate": {"spec": {"template": {"spec": spec}}}}}},
	{"inputs": {"template": {"spec": spec}}},
]

test_off if {
	every place in places({"containers": [{"name": "c", "securityContext": {"allowPrivilegeEscalation": false}}]}) {
		count(pod_007.deny) == 0 with input as place
	}
}

test_windows if {
	every place in places({"os": {"name": "windows"}, "containers": [{"name": "c"}]}) {
		count(pod_007.deny) == 0 with input as place
	}
}

test_on if {
	every place in places({"containers": [{"name": "c", "securityContext": {"allowPrivilegeEscalation": true}}]}) {
		count(pod_007.deny) == 1 with input as place
	}
}

test_not_set if {
	every place in places({"containers": [{"name": "c"}]}) {
		count(pod_007.deny) == 1 with input as place
	}
}

test_only_the_pod if {
	every place in places({"containers": [{"name": "c", "securityContext": {}}], "securityContext": {"allowPrivilegeEscalation": false}}) {
		count(pod_007.deny) == 1 with input as place
	}
}

test_both_containers if {
	every place in places({"containers": [{"name": "c"}], "initContainers": [{"name": "i"}]}) {
		count(pod_007.deny) == 2 with input as place
	}
}
