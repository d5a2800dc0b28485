package k8s.pod_006_test

import rego.v1

import data.k8s.pod_006

# The same pod in every kind of workload.
places(spec) := [
	{"inputs": {"spec": spec}},
	{"inputs": {"spec": {"template": {"spec": spec}}}},
	{"inputs": {"spec": {"jobTemplate": {"spec": {"template": {"spec": spec}}}}}},
	{"inputs": {"template": {"spec": spec}}},
]

test_all if {
	every place in places({"containers": [{"name": "c", "securityContext": {"capabilities": {"drop": ["ALL"]}}}]}) {
		count(pod_006.deny) == 0 with input as place
	}
}

test_low_port if {
	every place in places({"containers": [{"name": "c", "securityContext": {"capabilities": {"drop": ["all"], "add": ["NET_BIND_SERVICE"]}}}]}) {
		count(pod_006.deny) == 0 with input as place
	}
}

test_windows if {
	every place in places({"os": {"name": "windows"}, "containers": [{"name": "c"}]}) {
		count(pod_006.deny) == 0 with input as place
	}
}

test_some if {
	every place in places({"containers": [{"name": "c", "securityContext": {"capabilities": {"drop": ["NET_RAW"]}}}]}) {
		count(pod_006.deny) == 1 with input as place
	}
}

test_nothing if {
	every place in places({"containers": [{"name": "c"}]}) {
		count(pod_006.deny) == 1 with input as place
	}
}

test_added_back if {
	every place in places({"containers": [{"name": "c", "securityContext": {"capabilities": {"drop": ["ALL"], "add": ["CHOWN"]}}}]}) {
		count(pod_006.deny) == 1 with input as place
	}
}

test_one_of_two if {
	every place in places({"containers": [{"name": "c", "securityContext": {"capabilities": {"drop": ["ALL"]}}}], "initContainers": [{"name": "i"}]}) {
		count(pod_006.deny) == 1 with input as place
	}
}
