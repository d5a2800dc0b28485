# METADATA
# title: Search domains demand HTTPS and TLS 1.2
# description: "Older versions of TLS have known weaknesses, and plain HTTP has no secrets."
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/opensearch-controls.html#opensearch-8
# custom:
#   id: AWS-OPENSEARCH-003
#   severity: medium
#   level: mandatory
#   scope: resource
#   types:
#     - "aws:opensearch/domain:Domain"
#     - "aws:elasticsearch/domain:Domain"
#   unknown: undetermined
#   frameworks:
#     pci-dss-4.0: ["4.2.1"]
#     iso-27001-2022: ["A.8.24"]
#   remediation: "Set `domainEndpointOptions.tlsSecurityPolicy: Policy-Min-TLS-1-2-PFS-2023-10` on {urn}, and remove `enforceHttps: false`."
package aws.opensearch_003

import rego.v1

# HTTPS is demanded unless somebody turns it off.
deny contains {"path": ["domainEndpointOptions", "enforceHttps"], "actual": false, "expected": true, "msg": "the domain answers plain HTTP"} if {
	input.inputs.domainEndpointOptions.enforceHttps == false
}

# The default policy admits TLS 1.0.
deny contains {"path": ["domainEndpointOptions", "tlsSecurityPolicy"], "expected": "Policy-Min-TLS-1-2-PFS-2023-10", "msg": "the domain admits an old version of TLS"} if {
	not is_modern
}

is_modern if startswith(input.inputs.domainEndpointOptions.tlsSecurityPolicy, "Policy-Min-TLS-1-2-")
