# METADATA
# title: Every host of an Ingress has TLS
# description: What goes over plain HTTP is read and changed on its way. A certificate of a load balancer in AWS counts.
# scope: package
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/services-networking/ingress/#tls
# custom:
#   id: K8S-ING-001
#   severity: medium
#   level: mandatory
#   scope: resource
#   types:
#     - "kubernetes:networking.k8s.io/v1:Ingress"
#   unknown: undetermined
#   frameworks:
#     nsa-cisa: ["encryption"]
#   remediation: "Add a `tls` entry with a `secretName` for {actual} to {urn}."
package k8s.ing_001

import rego.v1

deny contains {"path": ["spec", "tls"], "actual": "every host", "msg": "no host has TLS"} if {
	not input.inputs.spec.tls[0]
	not has_certificate
}

deny contains {"path": ["spec", "rules", i, "host"], "actual": host, "msg": "the host has no TLS"} if {
	input.inputs.spec.tls[0]
	not has_certificate
	host := input.inputs.spec.rules[i].host
	not is_covered(host)
}

has_certificate if input.inputs.metadata.annotations["alb.ingress.kubernetes.io/certificate-arn"] != ""

is_covered(host) if host in input.inputs.spec.tls[_].hosts

is_covered(host) if {
	some pattern in input.inputs.spec.tls[_].hosts
	startswith(pattern, "*.")
	trim_prefix(pattern, "*") == substring(host, indexof(host, "."), -1)
}

# An entry without hosts is for all of them.
is_covered(_) if {
	some entry in input.inputs.spec.tls
	object.get(entry, "hosts", null) in {null, []}
}
