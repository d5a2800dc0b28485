# METADATA
# title: Services take no port of every node
# description: A node port is open on each node, past the load balancer and its rules.
# scope: package
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/services-networking/service/#type-nodeport
# custom:
#   id: K8S-SVC-002
#   severity: medium
#   level: advisory
#   scope: resource
#   types:
#     - "kubernetes:core/v1:Service"
#   unknown: undetermined
#   remediation: "Set `{path}` of {urn} to `ClusterIP`, and put an Ingress in front."
package k8s.svc_002

import rego.v1

deny contains {"path": ["spec", "type"], "actual": "NodePort", "expected": "ClusterIP", "msg": "a port of every node is opened"} if {
	input.inputs.spec.type == "NodePort"
}
