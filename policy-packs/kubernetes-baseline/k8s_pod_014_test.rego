package k8s.pod_014_test

import rego.v1

import data.k8s.pod_014

# The same pod in every kind of workload.
places(spec) := [
	{"inputs": {"spec": spec}},
	{"inputs": {"spec": {"template": {"spec": spec}}}},
	{"inputs": {"spec": {"jobTemplate": {"spec": {"template": {"spec": spec}}}}}},
	{"inputs": {"template": {"spec": spec}}},
]

test_safe if {
	every place in places({"containers": [{"name": "c", "securityContext": {}}], "securityContext": {"sysctls": [{"name": "net.ipv4.tcp_syncookies", "value": "1"}]}}) {
		count(pod_014.deny) == 0 with input as place
	}
}

test_none if {
	every place in places({"containers": [{"name": "c", "securityContext": {}}]}) {
		count(pod_014.deny) == 0 with input as place
	}
}

test_unsafe if {
	every place in places({"containers": [{"name": "c", "securityContext": {}}], "securityContext": {"sysctls": [{"name": "kernel.msgmax", "value": "1"}]}}) {
		count(pod_014.deny) == 1 with input as place
	}
}

test_with_slashes if {
	every place in places({"containers": [{"name": "c", "securityContext": {}}], "securityContext": {"sysctls": [{"name": "net/core/somaxconn", "value": "1"}]}}) {
		count(pod_014.deny) == 1 with input as place
	}
}
