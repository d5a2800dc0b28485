# The security contexts of every kind of workload: what a container sets, what its pod sets, and which of the two holds.
package k8s.security

import rego.v1

import data.k8s.containers

of_container[["spec", "containers", i]] := input.inputs.spec.containers[i].securityContext

of_container[["spec", "initContainers", i]] := input.inputs.spec.initContainers[i].securityContext

of_container[["spec", "template", "spec", "containers", i]] := input.inputs.spec.template.spec.containers[i].securityContext

of_container[["spec", "template", "spec", "initContainers", i]] := input.inputs.spec.template.spec.initContainers[i].securityContext

of_container[["spec", "jobTemplate", "spec", "template", "spec", "containers", i]] := input.inputs.spec.jobTemplate.spec.template.spec.containers[i].securityContext

of_container[["spec", "jobTemplate", "spec", "template", "spec", "initContainers", i]] := input.inputs.spec.jobTemplate.spec.template.spec.initContainers[i].securityContext

of_container[["template", "spec", "containers", i]] := input.inputs.template.spec.containers[i].securityContext

of_container[["template", "spec", "initContainers", i]] := input.inputs.template.spec.initContainers[i].securityContext

of_pod[["spec"]] := input.inputs.spec.securityContext

of_pod[["spec", "template", "spec"]] := input.inputs.spec.template.spec.securityContext

of_pod[["spec", "jobTemplate", "spec", "template", "spec"]] := input.inputs.spec.jobTemplate.spec.template.spec.securityContext

of_pod[["template", "spec"]] := input.inputs.template.spec.securityContext

# Every context, a pod's or a container's.
contexts[path] := context if some path, context in of_container

contexts[path] := context if some path, context in of_pod

# What holds for a container: its own setting, or its pod's where it has none.
effective(container, setting) := of_container[container][setting] if is_own(container, setting)

effective(container, setting) := of_pod[containers.pod[container]][setting] if not is_own(container, setting)

is_own(container, setting) if of_container[container][setting] != null

# Where what holds for a container is set, or where it would be for all containers of the pod.
place(container, setting) := array.concat(container, ["securityContext", setting]) if is_own(container, setting)

place(container, setting) := array.concat(containers.pod[container], ["securityContext", setting]) if not is_own(container, setting)

# Pods of Windows have none of the settings of Linux.
is_windows contains ["spec"] if lower(input.inputs.spec.os.name) == "windows"

is_windows contains ["spec", "template", "spec"] if lower(input.inputs.spec.template.spec.os.name) == "windows"

is_windows contains ["spec", "jobTemplate", "spec", "template", "spec"] if lower(input.inputs.spec.jobTemplate.spec.template.spec.os.name) == "windows"

is_windows contains ["template", "spec"] if lower(input.inputs.template.spec.os.name) == "windows"

# The containers that Linux's settings are for.
linux contains container if {
	some container, pod in containers.pod
	not pod in is_windows
}
