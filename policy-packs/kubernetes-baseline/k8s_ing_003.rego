# METADATA
# title: An Ingress brings no configuration of its server
# description: A snippet runs in the ingress controller, which reads the TLS keys of every namespace (CVE-2021-25742).
# scope: package
# related_resources:
#   - ref: https://kubernetes.io/docs/reference/issues-security/official-cve-feed/
# custom:
#   id: K8S-ING-003
#   severity: high
#   level: mandatory
#   scope: resource
#   types:
#     - "kubernetes:networking.k8s.io/v1:Ingress"
#   unknown: undetermined
#   remediation: "Remove the annotation at `{path}` of {urn}, and use the annotation that is meant for what it does."
package k8s.ing_003

import rego.v1

snippets["nginx.ingress.kubernetes.io/configuration-snippet"] := input.inputs.metadata.annotations["nginx.ingress.kubernetes.io/configuration-snippet"]

snippets["nginx.ingress.kubernetes.io/server-snippet"] := input.inputs.metadata.annotations["nginx.ingress.kubernetes.io/server-snippet"]

snippets["nginx.ingress.kubernetes.io/stream-snippet"] := input.inputs.metadata.annotations["nginx.ingress.kubernetes.io/stream-snippet"]

snippets["nginx.ingress.kubernetes.io/auth-snippet"] := input.inputs.metadata.annotations["nginx.ingress.kubernetes.io/auth-snippet"]

snippets["nginx.ingress.kubernetes.io/modsecurity-snippet"] := input.inputs.metadata.annotations["nginx.ingress.kubernetes.io/modsecurity-snippet"]

deny contains {"path": ["metadata", "annotations", name], "msg": "the server's configuration is changed"} if {
	some name, text in snippets
	not text in {"", null}
}
