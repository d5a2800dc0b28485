package k8s.pod_002_test

import rego.v1

import data.k8s.pod_002

# The same pod in every kind of workload.
places(spec) := [
	{"inputs": {"spec": spec}},
	{"inputs": {"spec": {"template": {"spec": spec}}}},
	{"inputs": {"spec": {"jobTemplate": {"spec": {"template": {"spec": spec}}}}}},
	{"inputs": {"template": {"spec": spec}}},
]

test_nothing_shared if {
	every place in places({"hostPID": false, "containers": []}) {
		count(pod_002.deny) == 0 with input as place
	}
}

test_not_set if {
	every place in places({"containers": []}) {
		count(pod_002.deny) == 0 with input as place
	}
}

test_processes if {
	every place in places({"hostPID": true}) {
		count(pod_002.deny) == 1 with input as place
	}
}

test_ipc if {
	every place in places({"hostIPC": true}) {
		count(pod_002.deny) == 1 with input as place
	}
}

test_network if {
	every place in places({"hostNetwork": true}) {
		count(pod_002.deny) == 1 with input as place
	}
}

test_all if {
	every place in places({"hostPID": true, "hostIPC": true, "hostNetwork": true}) {
		count(pod_002.deny) == 3 with input as place
	}
}
