# METADATA
# title: Caches are encrypted in transit
# description: "Without it, sessions and passwords cross the network in the clear."
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/elasticache-controls.html#elasticache-5
# custom:
#   id: AWS-ELASTICACHE-001
#   severity: high
#   level: mandatory
#   scope: resource
#   types:
#     - "aws:elasticache/replicationGroup:ReplicationGroup"
#   unknown: undetermined
#   frameworks:
#     pci-dss-4.0: ["4.2.1"]
#     iso-27001-2022: ["A.8.24"]
#   remediation: "Set `transitEncryptionEnabled: true` on {urn}."
package aws.elasticache_001

import rego.v1

deny contains {"path": ["transitEncryptionEnabled"], "expected": true, "msg": "the cache is not encrypted in transit"} if {
	not input.inputs.transitEncryptionEnabled == true
}
