package k8s.pod_016_test

import rego.v1

import data.k8s.pod_016

# The same pod in every kind of workload.
places(spec) := [
	{"inputs": {"spec": spec}},
	{"inputs": {"spec": {"template": {"spec": spec}}}},
	{"inputs": {"spec": {"jobTemplate": {"spec": {"template": {"spec": spec}}}}}},
	{"inputs": {"template": {"spec": spec}}},
]

test_known if {
	every place in places({"volumes": [{"name": "v", "emptyDir": {}}, {"name": "w", "projected": {}}]}) {
		count(pod_016.deny) == 0 with input as place
	}
}

test_other_rule if {
	every place in places({"volumes": [{"name": "v", "hostPath": {"path": "/"}}]}) {
		count(pod_016.deny) == 0 with input as place
	}
}

test_git if {
	every place in places({"volumes": [{"name": "v", "gitRepo": {"repository": "https://example.com/r.git"}}]}) {
		count(pod_016.deny) == 1 with input as place
	}
}

test_nfs if {
	every place in places({"volumes": [{"name": "v", "emptyDir": {}}, {"name": "w", "nfs": {"server": "10.0.0.1", "path": "/"}}]}) {
		count(pod_016.deny) == 1 with input as place
	}
}
