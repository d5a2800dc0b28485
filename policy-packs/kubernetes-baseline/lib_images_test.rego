package k8s.images_test

import rego.v1

import data.k8s.images

test_every_container_has_an_entry if {
	spec := {"containers": [{"name": "a", "image": "web:1"}, {"name": "b"}], "initContainers": [{"name": "c", "image": "init:1"}]}
	every place in [
		{"inputs": {"spec": spec}},
		{"inputs": {"spec": {"template": {"spec": spec}}}},
		{"inputs": {"spec": {"jobTemplate": {"spec": {"template": {"spec": spec}}}}}},
		{"inputs": {"template": {"spec": spec}}},
	] {
		found := [image | some image in images.of] with input as place
		count(found) == 3
		{image | some image in found} == {"web:1", null, "init:1"}
	}
}

test_what_is_no_text_is_kept if {
	images.of == {["spec", "containers", 0]: false} with input as {"inputs": {"spec": {"containers": [{"name": "a", "image": false}]}}}
}
