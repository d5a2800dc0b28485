# The containers of every kind of workload, and the pod of each. Reads their names and nothing else.
#
# INVARIANT: none is missed. No cluster takes a container without a name, and none takes ephemeral containers from a manifest.
package k8s.containers

import rego.v1

# From a container's path to the path of its pod's specification.
pod[["spec", "containers", i]] := ["spec"] if input.inputs.spec.containers[i].name

pod[["spec", "initContainers", i]] := ["spec"] if input.inputs.spec.initContainers[i].name

pod[["spec", "template", "spec", "containers", i]] := ["spec", "template", "spec"] if input.inputs.spec.template.spec.containers[i].name

pod[["spec", "template", "spec", "initContainers", i]] := ["spec", "template", "spec"] if input.inputs.spec.template.spec.initContainers[i].name

pod[["spec", "jobTemplate", "spec", "template", "spec", "containers", i]] := ["spec", "jobTemplate", "spec", "template", "spec"] if input.inputs.spec.jobTemplate.spec.template.spec.containers[i].name

pod[["spec", "jobTemplate", "spec", "template", "spec", "initContainers", i]] := ["spec", "jobTemplate", "spec", "template", "spec"] if input.inputs.spec.jobTemplate.spec.template.spec.initContainers[i].name

pod[["template", "spec", "containers", i]] := ["template", "spec"] if input.inputs.template.spec.containers[i].name

pod[["template", "spec", "initContainers", i]] := ["template", "spec"] if input.inputs.template.spec.initContainers[i].name

pods contains specification if some specification in pod
