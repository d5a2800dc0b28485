package k8s.res_001_test

import rego.v1

import data.k8s.res_001

# The same pod in every kind of workload.
places(spec) := [
	{"inputs": {"spec": spec}},
	{"inputs": {"spec": {"template": {"spec": spec}}}},
	{"inputs": {"spec": {"jobTemplate": {"spec": {"template": {"spec": spec}}}}}},
	{"inputs": {"template": {"spec": spec}}},
]

test_limit if {
	every place in places({"containers": [{"name": "c", "resources": {"limits": {"memory": "64Mi"}}}]}) {
		count(res_001.deny) == 0 with input as place
	}
}

test_number if {
	every place in places({"containers": [{"name": "c", "resources": {"limits": {"memory": 67108864}}}]}) {
		count(res_001.deny) == 0 with input as place
	}
}

test_none if {
	every place in places({"containers": [{"name": "c"}]}) {
		count(res_001.deny) == 1 with input as place
	}
}

test_zero if {
	every place in places({"containers": [{"name": "c", "resources": {"limits": {"memory": "0"}}}]}) {
		count(res_001.deny) == 1 with input as place
	}
}

test_only_a_request if {
	every place in places({"containers": [{"name": "c", "resources": {"requests": {"memory": "64Mi"}}}]}) {
		count(res_001.deny) == 1 with input as place
	}
}

test_one_of_two if {
	every place in places({"containers": [{"name": "c", "resources": {"limits": {"memory": "64Mi"}}}], "initContainers": [{"name": "i"}]}) {
		count(res_001.deny) == 1 with input as place
	}
}
