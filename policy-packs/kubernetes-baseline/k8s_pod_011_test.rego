package k8s.pod_011_test

import rego.v1

import data.k8s.pod_011

# The same pod in every kind of workload.
places(spec) := [
	{"inputs": {"spec": spec}},
	{"inputs": {"spec": {"template": {"spec": spec}}}},
	{"inputs": {"spec": {"jobTemplate": {"spec": {"template": {"spec": spec}}}}}},
	{"inputs": {"template": {"spec": spec}}},
]

test_default if {
	every place in places({"containers": [{"name": "c", "securityContext": {"seccompProfile": {"type": "RuntimeDefault"}}}], "securityContext": {"appArmorProfile": {"type": "RuntimeDefault"}}}) {
		count(pod_011.deny) == 0 with input as place
	}
}

test_not_set if {
	every place in places({"containers": [{"name": "c", "securityContext": {}}]}) {
		count(pod_011.deny) == 0 with input as place
	}
}

test_seccomp if {
	every place in places({"containers": [{"name": "c", "securityContext": {"seccompProfile": {"type": "Unconfined"}}}]}) {
		count(pod_011.deny) == 1 with input as place
	}
}

test_apparmor_of_the_pod if {
	every place in places({"containers": [{"name": "c", "securityContext": {}}], "securityContext": {"appArmorProfile": {"type": "Unconfined"}}}) {
		count(pod_011.deny) == 1 with input as place
	}
}
