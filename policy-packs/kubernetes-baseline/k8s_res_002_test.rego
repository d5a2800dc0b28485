package k8s.res_002_test

import rego.v1

import data.k8s.res_002

# The same pod in every kind of workload.
places(spec) := [
	{"inputs": {"spec": spec}},
	{"inputs": {"spec": {"template": {"spec": spec}}}},
	{"inputs": {"spec": {"jobTemplate": {"spec": {"template": {"spec": spec}}}}}},
	{"inputs": {"template": {"spec": spec}}},
]

test_requests if {
	every place in places({"containers": [{"name": "c", "resources": {"requests": {"cpu": "100m", "memory": "64Mi"}}}]}) {
		count(res_002.deny) == 0 with input as place
	}
}

test_limits if {
	every place in places({"containers": [{"name": "c", "resources": {"limits": {"cpu": 1, "memory": "64Mi"}}}]}) {
		count(res_002.deny) == 0 with input as place
	}
}

test_none if {
	every place in places({"containers": [{"name": "c"}]}) {
		count(res_002.deny) == 2 with input as place
	}
}

test_one if {
	every place in places({"containers": [{"name": "c", "resources": {"requests": {"cpu": "100m"}}}]}) {
		count(res_002.deny) == 1 with input as place
	}
}
