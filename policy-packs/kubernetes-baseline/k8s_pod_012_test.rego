package k8s.pod_012_test

import rego.v1

import data.k8s.pod_012

# The same pod in every kind of workload.
places(spec) := [
	{"inputs": {"spec": spec}},
	{"inputs": {"spec": {"template": {"spec": spec}}}},
	{"inputs": {"spec": {"jobTemplate": {"spec": {"template": {"spec": spec}}}}}},
	{"inputs": {"template": {"spec": spec}}},
]

test_container if {
	every place in places({"containers": [{"name": "c", "securityContext": {"seLinuxOptions": {"type": "container_t", "level": "s0:c123,c456"}}}]}) {
		count(pod_012.deny) == 0 with input as place
	}
}

test_not_set if {
	every place in places({"containers": [{"name": "c", "securityContext": {}}]}) {
		count(pod_012.deny) == 0 with input as place
	}
}

test_unconfined if {
	every place in places({"containers": [{"name": "c", "securityContext": {"seLinuxOptions": {"type": "spc_t"}}}]}) {
		count(pod_012.deny) == 1 with input as place
	}
}

test_user_and_role if {
	every place in places({"containers": [{"name": "c", "securityContext": {}}], "securityContext": {"seLinuxOptions": {"user": "system_u", "role": "system_r"}}}) {
		count(pod_012.deny) == 2 with input as place
	}
}
