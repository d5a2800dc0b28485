# METADATA
# title: Load balancers are not open to the world
# description: Without a list of addresses a load balancer answers the whole Internet. An Ingress is the way in that is meant for it.
# scope: package
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/services-networking/service/#loadbalancer
# custom:
#   id: K8S-SVC-001
#   severity: high
#   level: mandatory
#   scope: resource
#   types:
#     - "kubernetes:core/v1:Service"
#   unknown: undetermined
#   remediation: "Set `loadBalancerSourceRanges` on {urn} to the networks that need it, make the load balancer internal, or use `type: ClusterIP` behind an Ingress."
package k8s.svc_001

import rego.v1

import data.k8s.net

deny contains {"path": ["spec", "loadBalancerSourceRanges"], "msg": "every address is let in"} if {
	is_public
	count(ranges) == 0
}

deny contains {"path": ["spec", "loadBalancerSourceRanges", i], "actual": range, "msg": "the world is let in"} if {
	is_public
	some i, range in ranges
	net.is_world(range)
}

ranges := input.inputs.spec.loadBalancerSourceRanges if is_array(input.inputs.spec.loadBalancerSourceRanges)

else := []

is_public if {
	input.inputs.spec.type == "LoadBalancer"
	not is_internal
}

# How the clouds are told to keep a load balancer inside.
is_internal if lower(input.inputs.metadata.annotations["service.beta.kubernetes.io/aws-load-balancer-internal"]) == "true"

is_internal if input.inputs.metadata.annotations["service.beta.kubernetes.io/aws-load-balancer-scheme"] == "internal"

is_internal if lower(input.inputs.metadata.annotations["service.beta.kubernetes.io/azure-load-balancer-internal"]) == "true"

is_internal if lower(input.inputs.metadata.annotations["networking.gke.io/load-balancer-type"]) == "internal"

is_internal if lower(input.inputs.metadata.annotations["cloud.google.com/load-balancer-type"]) == "internal"
