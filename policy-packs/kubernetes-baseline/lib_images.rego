# The image of every container of every kind of workload; null for one without, which a manifest may leave to another.
package k8s.images

import rego.v1

import data.k8s.containers

of[container] := image[container] if {
	some container, _ in containers.pod
	is_given(container)
}

of[container] := null if {
	some container, _ in containers.pod
	not is_given(container)
}

is_given(container) if image[container] != null

image[["spec", "containers", i]] := input.inputs.spec.containers[i].image

image[["spec", "initContainers", i]] := input.inputs.spec.initContainers[i].image

image[["spec", "template", "spec", "containers", i]] := input.inputs.spec.template.spec.containers[i].image

image[["spec", "template", "spec", "initContainers", i]] := input.inputs.spec.template.spec.initContainers[i].image

image[["spec", "jobTemplate", "spec", "template", "spec", "containers", i]] := input.inputs.spec.jobTemplate.spec.template.spec.containers[i].image

image[["spec", "jobTemplate", "spec", "template", "spec", "initContainers", i]] := input.inputs.spec.jobTemplate.spec.template.spec.initContainers[i].image

image[["template", "spec", "containers", i]] := input.inputs.template.spec.containers[i].image

image[["template", "spec", "initContainers", i]] := input.inputs.template.spec.initContainers[i].image
