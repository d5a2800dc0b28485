# METADATA
# title: Search domains are encrypted at rest
# description: "Indexes, logs and snapshots hold the documents."
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/opensearch-controls.html#opensearch-1
# custom:
#   id: AWS-OPENSEARCH-001
#   severity: high
#   level: mandatory
#   scope: resource
#   types:
#     - "aws:opensearch/domain:Domain"
#     - "aws:elasticsearch/domain:Domain"
#   unknown: undetermined
#   frameworks:
#     pci-dss-4.0: ["3.5.1"]
#     iso-27001-2022: ["A.8.24"]
#   remediation: "Set `encryptAtRest.enabled: true` on {urn}."
package aws.opensearch_001

import rego.v1

# The default is no encryption.
deny contains {"path": ["encryptAtRest", "enabled"], "expected": true, "msg": "the domain is not encrypted at rest"} if {
	not input.inputs.encryptAtRest.enabled == true
}
