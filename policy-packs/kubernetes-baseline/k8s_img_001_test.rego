package k8s.img_001_test

import rego.v1

import data.k8s.img_001

# The same pod in every kind of workload.
places(spec) := [
	{"inputs": {"spec": spec}},
	{"inputs": {"spec": {"template": {"spec": spec}}}},
	{"inputs": {"spec": {"jobTemplate": {"spec": {"template": {"spec": spec}}}}}},
	{"inputs": {"template": {"spec": spec}}},
]

params := {"moving": ["latest", "main", "master", "edge", "nightly", "dev", "stable"]}

test_version if {
	every place in places({"containers": [{"name": "c", "image": "registry.example.com/web:1.4.2"}]}) {
		count(img_001.deny) == 0 with input as place with input.params as params
	}
}

test_port_and_version if {
	every place in places({"containers": [{"name": "c", "image": "registry.example.com:5000/web:v3"}]}) {
		count(img_001.deny) == 0 with input as place with input.params as params
	}
}

test_digest if {
	every place in places({"containers": [{"name": "c", "image": "web@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"}]}) {
		count(img_001.deny) == 0 with input as place with input.params as params
	}
}

test_no_tag if {
	every place in places({"containers": [{"name": "c", "image": "registry.example.com:5000/web"}]}) {
		count(img_001.deny) == 1 with input as place with input.params as params
	}
}

test_latest if {
	every place in places({"containers": [{"name": "c", "image": "web:latest"}]}) {
		count(img_001.deny) == 1 with input as place with input.params as params
	}
}

test_capitals if {
	every place in places({"containers": [{"name": "c", "image": "web:Latest"}]}) {
		count(img_001.deny) == 1 with input as place with input.params as params
	}
}

test_empty_tag if {
	every place in places({"containers": [{"name": "c", "image": "web:"}]}) {
		count(img_001.deny) == 1 with input as place with input.params as params
	}
}

test_no_image if {
	every place in places({"containers": [{"name": "c"}]}) {
		count(img_001.deny) == 1 with input as place with input.params as params
	}
}

test_not_text if {
	every place in places({"containers": [{"name": "c", "image": 7}]}) {
		count(img_001.deny) == 1 with input as place with input.params as params
	}
}
