# METADATA
# title: Nodes of a search domain encrypt what they exchange
# description: "Without it, documents cross the network in the clear."
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/opensearch-controls.html#opensearch-3
# custom:
#   id: AWS-OPENSEARCH-002
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
#   remediation: "Set `nodeToNodeEncryption.enabled: true` on {urn}."
package aws.opensearch_002

import rego.v1

# The default is no encryption.
deny contains {"path": ["nodeToNodeEncryption", "enabled"], "expected": true, "msg": "the nodes exchange data in the clear"} if {
	not input.inputs.nodeToNodeEncryption.enabled == true
}
