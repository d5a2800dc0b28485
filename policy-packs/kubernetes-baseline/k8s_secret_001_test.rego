package k8s.secret_001_test

import rego.v1

import data.k8s.secret_001

# The same pod in every kind of workload.
places(spec) := [
	{"inputs": {"spec": spec}},
	{"inputs": {"spec": {"template": {"spec": spec}}}},
	{"inputs": {"spec": {"jobTemplate": {"spec": {"template": {"spec": spec}}}}}},
	{"inputs": {"template": {"spec": spec}}},
]

test_plain if {
	every place in places({"containers": [{"name": "c", "env": [{"name": "STAGE", "value": "prod"}]}]}) {
		count(secret_001.deny) == 0 with input as place
	}
}

test_reference if {
	every place in places({"containers": [{"name": "c", "env": [{"name": "DB_PASSWORD", "valueFrom": {"secretKeyRef": {"name": "db", "key": "password"}}}]}]}) {
		count(secret_001.deny) == 0 with input as place
	}
}

test_file if {
	every place in places({"containers": [{"name": "c", "env": [{"name": "DB_PASSWORD_FILE", "value": "/run/secrets/db"}]}]}) {
		count(secret_001.deny) == 0 with input as place
	}
}

test_literal if {
	every place in places({"containers": [{"name": "c", "env": [{"name": "STAGE", "value": "prod"}, {"name": "DB_PASSWORD", "value": "x"}]}]}) {
		count(secret_001.deny) == 1 with input as place
	}
}

test_no_value if {
	every place in places({"containers": [{"name": "c", "env": [{"name": "API_TOKEN"}]}]}) {
		count(secret_001.deny) == 1 with input as place
	}
}

test_init_container if {
	every place in places({"initContainers": [{"name": "c", "env": [{"name": "API_TOKEN", "value": "x"}]}]}) {
		count(secret_001.deny) == 1 with input as place
	}
}
