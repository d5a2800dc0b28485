# METADATA
# title: Images have a version
# description: Without a tag, or with one that moves, nobody knows what runs, and what was judged is not what starts tomorrow.
# scope: package
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/containers/images/
# custom:
#   id: K8S-IMG-001
#   severity: medium
#   level: mandatory
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
#     moving: {type: strings, default: ["latest", "main", "master", "edge", "nightly", "dev", "stable"]}
#   frameworks:
#     nsa-cisa: ["building-secure-container-images"]
#   remediation: "Set `{path}` of {urn} to an image with a version or, better, a digest; tags that move are {moving}."
package k8s.img_001

import rego.v1

import data.k8s.images

deny contains {"path": array.concat(at, ["image"]), "actual": image, "msg": "the image has no version"} if {
	some at, image in images.of
	not is_fixed(image)
}

moving := {""} | {lower(tag) | some tag in input.params.moving}

is_fixed(image) if contains(image, "@sha256:")

is_fixed(image) if {
	parts := split(image, "/")
	[_, tag] := split(parts[count(parts) - 1], ":")
	not lower(tag) in moving
}
