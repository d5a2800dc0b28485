# METADATA
# title: Services claim no addresses
# description: Whoever sets `externalIPs` takes the traffic of other pods to that address (CVE-2020-8554); no cloud checks it.
# scope: package
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/services-networking/service/#external-ips
# custom:
#   id: K8S-SVC-003
#   severity: high
#   level: mandatory
#   scope: resource
#   types:
#     - "kubernetes:core/v1:Service"
#   unknown: undetermined
#   remediation: "Remove `{path}` from {urn}, and use a load balancer or an Ingress."
package k8s.svc_003

import rego.v1

deny contains {"path": ["spec", "externalIPs", i], "actual": address, "msg": "an address is claimed"} if {
	address := input.inputs.spec.externalIPs[i]
}
