package k8s.pod_019_test

import rego.v1

import data.k8s.pod_019

# The same pod in every kind of workload.
places(spec) := [
	{"inputs": {"spec": spec}},
	{"inputs": {"spec": {"template": {"spec": spec}}}},
	{"inputs": {"spec": {"jobTemplate": {"spec": {"template": {"spec": spec}}}}}},
	{"inputs": {"template": {"spec": spec}}},
]

test_own_taint if {
	every place in places({"tolerations": [{"key": "example.com/gpu", "operator": "Exists"}]}) {
		count(pod_019.deny) == 0 with input as place
	}
}

test_none if {
	every place in places({}) {
		count(pod_019.deny) == 0 with input as place
	}
}

test_control_plane if {
	every place in places({"tolerations": [{"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"}]}) {
		count(pod_019.deny) == 1 with input as place
	}
}

test_everything if {
	every place in places({"tolerations": [{"operator": "Exists"}]}) {
		count(pod_019.deny) == 1 with input as place
	}
}

test_node if {
	every place in places({"nodeName": "cp-1"}) {
		count(pod_019.deny) == 1 with input as place
	}
}
