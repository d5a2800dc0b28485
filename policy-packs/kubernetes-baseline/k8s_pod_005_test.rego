package k8s.pod_005_test

import rego.v1

import data.k8s.pod_005

# The same pod in every kind of workload.
places(spec) := [
	{"inputs": {"spec": spec}},
	{"inputs": {"spec": {"template": {"spec": spec}}}},
	{"inputs": {"spec": {"jobTemplate": {"spec": {"template": {"spec": spec}}}}}},
	{"inputs": {"template": {"spec": spec}}},
]

test_default if {
	every place in places({"containers": [{"name": "c", "securityContext": {"capabilities": {"add": ["NET_BIND_SERVICE", "CAP_CHOWN"]}}}]}) {
		count(pod_005.deny) == 0 with input as place
	}
}

test_dropped if {
	every place in places({"containers": [{"name": "c", "securityContext": {"capabilities": {"drop": ["ALL"]}}}]}) {
		count(pod_005.deny) == 0 with input as place
	}
}

test_administrator if {
	every place in places({"containers": [{"name": "c", "securityContext": {"capabilities": {"add": ["CHOWN", "SYS_ADMIN"]}}}]}) {
		count(pod_005.deny) == 1 with input as place
	}
}

test_lower_case if {
	every place in places({"containers": [{"name": "c", "securityContext": {"capabilities": {"add": ["cap_sys_admin"]}}}]}) {
		count(pod_005.deny) == 1 with input as place
	}
}

test_all if {
	every place in places({"containers": [{"name": "c", "securityContext": {"capabilities": {"add": ["ALL"]}}}]}) {
		count(pod_005.deny) == 1 with input as place
	}
}

test_not_text if {
	every place in places({"containers": [{"name": "c", "securityContext": {"capabilities": {"add": [7]}}}]}) {
		count(pod_005.deny) == 1 with input as place
	}
}

test_init_container if {
	every place in places({"initContainers": [{"name": "i", "securityContext": {"capabilities": {"add": ["NET_RAW"]}}}], "containers": [{"name": "c", "securityContext": {}}]}) {
		count(pod_005.deny) == 1 with input as place
	}
}
