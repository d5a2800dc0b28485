package k8s.api_test

import rego.v1

import data.k8s.api

test_a_type_has_a_version_and_a_kind if {
	api.version == "apps/v1" with input.type as "kubernetes:apps/v1:Deployment"
	api.kind == "Deployment" with input.type as "kubernetes:apps/v1:Deployment"
	api.version == "v1" with input.type as "kubernetes:v1:Pod"
}

test_other_groups_are_not_ours if {
	not api.version with input.type as "kubernetes:serving.knative.dev/v1:Service"
	not api.version with input.type as "aws:s3/bucket:Bucket"
}

test_kinds if {
	"Pod" in api.kinds
	"NetworkPolicy" in api.kinds
	not "Lease" in api.kinds
}
