package k8s.secret_002_test

import rego.v1

import data.k8s.secret_002

# The same pod in every kind of workload.
places(spec) := [
	{"inputs": {"spec": spec}},
	{"inputs": {"spec": {"template": {"spec": spec}}}},
	{"inputs": {"spec": {"jobTemplate": {"spec": {"template": {"spec": spec}}}}}},
	{"inputs": {"template": {"spec": spec}}},
]

test_config if {
	every place in places({"containers": [{"name": "c", "env": [{"name": "A", "valueFrom": {"configMapKeyRef": {"name": "c", "key": "a"}}}]}]}) {
		count(secret_002.deny) == 0 with input as place
	}
}

test_field if {
	every place in places({"containers": [{"name": "c", "env": [{"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}]}]}) {
		count(secret_002.deny) == 0 with input as place
	}
}

test_variable if {
	every place in places({"containers": [{"name": "c", "env": [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "s", "key": "a"}}}]}]}) {
		count(secret_002.deny) == 1 with input as place
	}
}

test_all_of_it if {
	every place in places({"containers": [{"name": "c", "envFrom": [{"configMapRef": {"name": "c"}}, {"secretRef": {"name": "s"}}]}]}) {
		count(secret_002.deny) == 1 with input as place
	}
}
