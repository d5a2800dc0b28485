package k8s.pod_010_test

import rego.v1

import data.k8s.pod_010

# The same pod in every kind of workload.
places(spec) := [
	{"inputs": {"spec": spec}},
	{"inputs": {"spec": {"template": {"spec": spec}}}},
	{"inputs": {"spec": {"jobTemplate": {"spec": {"template": {"spec": spec}}}}}},
	{"inputs": {"template": {"spec": spec}}},
]

test_of_the_pod if {
	every place in places({"containers": [{"name": "c", "securityContext": {}}], "securityContext": {"seccompProfile": {"type": "RuntimeDefault"}}}) {
		count(pod_010.deny) == 0 with input as place
	}
}

test_of_the_container if {
	every place in places({"containers": [{"name": "c", "securityContext": {"seccompProfile": {"type": "Localhost", "localhostProfile": "p.json"}}}]}) {
		count(pod_010.deny) == 0 with input as place
	}
}

test_windows if {
	every place in places({"os": {"name": "windows"}, "containers": [{"name": "c"}]}) {
		count(pod_010.deny) == 0 with input as place
	}
}

test_not_set if {
	every place in places({"containers": [{"name": "c"}]}) {
		count(pod_010.deny) == 1 with input as place
	}
}

test_unconfined if {
	every place in places({"containers": [{"name": "c", "securityContext": {"seccompProfile": {"type": "Unconfined"}}}], "securityContext": {"seccompProfile": {"type": "RuntimeDefault"}}}) {
		count(pod_010.deny) == 1 with input as place
	}
}

test_without_a_type if {
	every place in places({"containers": [{"name": "c", "securityContext": {"seccompProfile": {}}}]}) {
		count(pod_010.deny) == 1 with input as place
	}
}
