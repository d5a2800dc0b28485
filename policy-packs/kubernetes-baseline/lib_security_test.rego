package k8s.security_test

import rego.v1

import data.k8s.security

pod(context, container) := {"inputs": {"spec": {
	"securityContext": context,
	"containers": [{"name": "a", "securityContext": container}],
}}}

at := ["spec", "containers", 0]

test_a_containers_own_setting_holds if {
	security.effective(at, "runAsNonRoot") == false with input as pod({"runAsNonRoot": true}, {"runAsNonRoot": false})
	security.effective(at, "runAsNonRoot") == true with input as pod({"runAsNonRoot": false}, {"runAsNonRoot": true})
}

test_a_pods_setting_holds_where_there_is_no_other if {
	security.effective(at, "runAsNonRoot") == true with input as pod({"runAsNonRoot": true}, {})
	security.effective(at, "runAsNonRoot") == true with input as pod({"runAsNonRoot": true}, {"runAsNonRoot": null})
	not security.effective(at, "runAsNonRoot") with input as pod({}, {})
}

test_a_setting_has_a_place if {
	security.place(at, "runAsNonRoot") == ["spec", "containers", 0, "securityContext", "runAsNonRoot"] with input as pod({}, {"runAsNonRoot": false})
	security.place(at, "runAsNonRoot") == ["spec", "securityContext", "runAsNonRoot"] with input as pod({}, {})
}

test_contexts_are_of_both if count(security.contexts) == 2 with input as pod({}, {})

test_windows_is_not_linux if {
	spec := {"os": {"name": "windows"}, "containers": [{"name": "a"}]}
	count(security.linux) == 0 with input as {"inputs": {"spec": {"template": {"spec": spec}}}}
	count(security.linux) == 1 with input as pod({}, {})
}
