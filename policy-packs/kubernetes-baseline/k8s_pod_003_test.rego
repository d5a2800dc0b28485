package k8s.pod_003_test

import rego.v1

import data.k8s.pod_003

# The same pod in every kind of workload.
places(spec) := [
	{"inputs": {"spec": spec}},
	{"inputs": {"spec": {"template": {"spec": spec}}}},
	{"inputs": {"spec": {"jobTemplate": {"spec": {"template": {"spec": spec}}}}}},
	{"inputs": {"template": {"spec": spec}}},
]

test_claim if {
	every place in places({"volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": "data"}}]}) {
		count(pod_003.deny) == 0 with input as place
	}
}

test_none if {
	every place in places({}) {
		count(pod_003.deny) == 0 with input as place
	}
}

test_null if {
	every place in places({"volumes": [{"name": "v", "hostPath": null, "emptyDir": {}}]}) {
		count(pod_003.deny) == 0 with input as place
	}
}

test_folder if {
	every place in places({"volumes": [{"name": "v", "emptyDir": {}}, {"name": "w", "hostPath": {"path": "/var/log"}}]}) {
		count(pod_003.deny) == 1 with input as place
	}
}

test_without_a_path if {
	every place in places({"volumes": [{"name": "v", "hostPath": {}}]}) {
		count(pod_003.deny) == 1 with input as place
	}
}
