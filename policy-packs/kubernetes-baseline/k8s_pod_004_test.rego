package k8s.pod_004_test

import rego.v1

import data.k8s.pod_004

# The same pod in every kind of workload.
places(spec) := [
	{"inputs": {"spec": spec}},
	{"inputs": {"spec": {"template": {"spec": spec}}}},
	{"inputs": {"spec": {"jobTemplate": {"spec": {"template": {"spec": spec}}}}}},
	{"inputs": {"template": {"spec": spec}}},
]

test_container_port if {
	every place in places({"containers": [{"name": "c", "ports": [{"containerPort": 8080}]}]}) {
		count(pod_004.deny) == 0 with input as place
	}
}

test_zero if {
	every place in places({"containers": [{"name": "c", "ports": [{"containerPort": 8080, "hostPort": 0}]}]}) {
		count(pod_004.deny) == 0 with input as place
	}
}

test_port if {
	every place in places({"containers": [{"name": "c", "ports": [{"containerPort": 8080}, {"containerPort": 8081, "hostPort": 8081}]}]}) {
		count(pod_004.deny) == 1 with input as place
	}
}

test_init_container if {
	every place in places({"initContainers": [{"name": "c", "ports": [{"hostPort": 22}]}]}) {
		count(pod_004.deny) == 1 with input as place
	}
}
