package k8s.sa_001_test

import rego.v1

import data.k8s.sa_001

# The same pod in every kind of workload.
places(spec) := [
	{"inputs": {"spec": spec}},
	{"inputs": {"spec": {"template": {"spec": spec}}}},
	{"inputs": {"spec": {"jobTemplate": {"spec": {"template": {"spec": spec}}}}}},
	{"inputs": {"template": {"spec": spec}}},
]

test_own if {
	every place in places({"containers": [{"name": "c"}], "serviceAccountName": "web"}) {
		count(sa_001.deny) == 0 with input as place
	}
}

test_old_field if {
	every place in places({"containers": [{"name": "c"}], "serviceAccount": "web"}) {
		count(sa_001.deny) == 0 with input as place
	}
}

test_not_mounted if {
	every place in places({"containers": [{"name": "c"}], "automountServiceAccountToken": false}) {
		count(sa_001.deny) == 0 with input as place
	}
}

test_none if {
	every place in places({"containers": [{"name": "c"}]}) {
		count(sa_001.deny) == 1 with input as place
	}
}

test_default if {
	every place in places({"containers": [{"name": "c"}], "serviceAccountName": "default"}) {
		count(sa_001.deny) == 1 with input as place
	}
}

test_default_and_mounted if {
	every place in places({"containers": [{"name": "c"}], "serviceAccountName": "", "automountServiceAccountToken": true}) {
		count(sa_001.deny) == 1 with input as place
	}
}
