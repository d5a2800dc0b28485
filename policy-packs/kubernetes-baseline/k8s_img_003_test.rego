package k8s.img_003_test

import rego.v1

import data.k8s.img_003

# The same pod in every kind of workload.
places(spec) := [
	{"inputs": {"spec": spec}},
	{"inputs": {"spec": {"template": {"spec": spec}}}},
	{"inputs": {"spec": {"jobTemplate": {"spec": {"template": {"spec": spec}}}}}},
	{"inputs": {"template": {"spec": spec}}},
]

params := {"registries": ["*"]}

test_named if {
	every place in places({"containers": [{"name": "c", "image": "registry.example.com/web:1"}]}) {
		count(img_003.deny) == 0 with input as place with input.params as params
	}
}

test_port if {
	every place in places({"containers": [{"name": "c", "image": "localhost:5000/web:1"}]}) {
		count(img_003.deny) == 0 with input as place with input.params as params
	}
}

test_default if {
	every place in places({"containers": [{"name": "c", "image": "nginx:1"}]}) {
		count(img_003.deny) == 1 with input as place with input.params as params
	}
}

test_folder if {
	every place in places({"containers": [{"name": "c", "image": "library/nginx:1"}]}) {
		count(img_003.deny) == 1 with input as place with input.params as params
	}
}

test_tag_with_a_dot if {
	every place in places({"containers": [{"name": "c", "image": "nginx:1.27"}]}) {
		count(img_003.deny) == 1 with input as place with input.params as params
	}
}

test_no_image if {
	every place in places({"containers": [{"name": "c"}]}) {
		count(img_003.deny) == 1 with input as place with input.params as params
	}
}

test_only_those_that_are_listed if {
	count(img_003.deny) == 0 with input as places({"containers": [{"name": "c", "image": "registry.example.com/shop/web:1"}]})[0] with input.params as {"registries": ["registry.example.com/shop/"]}
	count(img_003.deny) == 1 with input as places({"containers": [{"name": "c", "image": "registry.example.com/shopping/web:1"}]})[0] with input.params as {"registries": ["registry.example.com/shop"]}
	count(img_003.deny) == 1 with input as places({"containers": [{"name": "c", "image": "registry.example.com/web:1"}]})[0] with input.params as {"registries": []}
}
