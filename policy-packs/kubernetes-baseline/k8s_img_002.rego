# METADATA
# title: Images are named by their digest
# description: A tag can be given to another image; a digest is the image.
# scope: package
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/containers/images/#image-names
# custom:
#   id: K8S-IMG-002
#   severity: low
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
#   frameworks:
#     nsa-cisa: ["building-secure-container-images"]
#   remediation: "Add the digest to `{path}` of {urn}: `name:version@sha256:…`."
package k8s.img_002

import rego.v1

import data.k8s.images

deny contains {"path": array.concat(at, ["image"]), "actual": image, "msg": "the image has no digest"} if {
	some at, image in images.of
	not has_digest(image)
}

has_digest(image) if {
	[_, digest] := split(image, "@sha256:")
	count(digest) == 64
}
