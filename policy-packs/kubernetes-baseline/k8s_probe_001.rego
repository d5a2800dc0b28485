# METADATA
# title: Containers say when they are ready
# description: Without a probe a rollout goes on while the new version does not answer. Init containers need none.
# scope: package
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/
# custom:
#   id: K8S-PROBE-001
#   severity: low
#   level: advisory
#   scope: resource
#   types:
#     - "kubernetes:apps/v1:Deployment"
#     - "kubernetes:apps/v1:StatefulSet"
#     - "kubernetes:apps/v1:DaemonSet"
#   unknown: undetermined
#   parameters:
#     probes: {type: strings, default: ["readinessProbe"]}
#   remediation: "Add `{path}` to {urn}; wanted are {probes}."
package k8s.probe_001

import rego.v1

probed contains [i, "readinessProbe"] if input.inputs.spec.template.spec.containers[i].readinessProbe != null

probed contains [i, "livenessProbe"] if input.inputs.spec.template.spec.containers[i].livenessProbe != null

probed contains [i, "startupProbe"] if input.inputs.spec.template.spec.containers[i].startupProbe != null

deny contains {"path": ["spec", "template", "spec", "containers", i, probe], "msg": "a probe is missing"} if {
	input.inputs.spec.template.spec.containers[i].name
	some probe in input.params.probes
	not [i, probe] in probed
}
