package k8s.img_002_test

import rego.v1

import data.k8s.img_002

# The same pod in every kind of workload.
places(spec) := [
	{"inputs": {"spec": spec}},
	{"inputs": {"spec": {"template": {"spec": spec}}}},
	{"inputs": {"spec": {"jobTemplate": {"spec": {"template": {"spec": spec}}}}}},
	{"inputs": {"template": {"spec": spec}}},
]

test_digest if {
	every place in places({"containers": [{"name": "c", "image": "web@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"}]}) {
		count(img_002.deny) == 0 with input as place
	}
}

test_version_and_digest if {
	every place in places({"containers": [{"name": "c", "image": "registry.example.com/web:1@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"}]}) {
		count(img_002.deny) == 0 with input as place
	}
}

test_version if {
	every place in places({"containers": [{"name": "c", "image": "web:1.4.2"}]}) {
		count(img_002.deny) == 1 with input as place
	}
}

test_short if {
	every place in places({"containers": [{"name": "c", "image": "web@sha256:0123"}]}) {
		count(img_002.deny) == 1 with input as place
	}
}

test_no_image if {
	every place in places({"containers": [{"name": "c"}]}) {
		count(img_002.deny) == 1 with input as place
	}
}
