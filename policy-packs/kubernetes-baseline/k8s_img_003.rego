# METADATA
# title: Images come from known registries
# description: "An image without a registry comes from whatever the node takes as the default. `*` in `registries` means any that is named."
# scope: package
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/containers/images/
# custom:
#   id: K8S-IMG-003
#   severity: medium
#   level: advisory
#   scope: resource
#   types:
#     - "kubernetes:core/v1:Pod"
#     - "kubernetes:core/v1:PodTemplate"
#     - "kubernetes:core/v1:ReplicationController"
#     - "kubernetes:apps/v1:Deployment"
#     - "kubernetes:apps/v1:StatefulSet"
#     - "kubernetes:apps/v1:DaemonSet"
#     - "kubernetes:apps/v1:ReplicaSet"
#     - "kubernetes:batch/v1:Job"
#     - "kubernetes:batch/v1:CronJob"
#   unknown: undetermined
#   parameters:
#     registries: {type: strings, default: ["*"]}
#   frameworks:
#     nsa-cisa: ["building-secure-container-images"]
#   remediation: "Name a registry in `{path}` of {urn}; known are {registries}."
package k8s.img_003

import rego.v1

import data.k8s.images

deny contains {"path": array.concat(at, ["image"]), "actual": image, "msg": "the registry of the image is not a known one"} if {
	some at, image in images.of
	not is_known(image)
}

is_known(image) if {
	"*" in input.params.registries
	parts := split(image, "/")
	count(parts) > 1
	is_host(parts[0])
}

is_known(image) if {
	some registry in input.params.registries
	registry != "*"
	startswith(image, concat("", [trim_right(registry, "/"), "/"]))
}

is_host("localhost")

is_host(part) if contains(part, ".")

is_host(part) if contains(part, ":")
