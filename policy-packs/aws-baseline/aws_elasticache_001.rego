# METADATA
# title: Caches are encrypted in transit
# description: "Without it, sessions and passwords cross the network in the clear. A single node of Redis knows no encryption: take a replication group with one node."
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
#     - "aws:elasticache/cluster:Cluster"
#   unknown: undetermined
#   frameworks:
#     pci-dss-4.0: ["4.2.1"]
#     iso-27001-2022: ["A.8.24"]
#   remediation: "Set `transitEncryptionEnabled: true` on {urn}, and remove `transitEncryptionMode: preferred`."
package aws.elasticache_001

import rego.v1

import data.aws.lib

deny contains {"path": ["transitEncryptionEnabled"], "expected": true, "msg": "the cache is not encrypted in transit"} if {
	not input.inputs.transitEncryptionEnabled == true
	not is_member
}

# A member of a group has the encryption of the group.
is_member if lib.is_given(input.inputs.replicationGroupId)

# The default is `required`.
deny contains {"path": ["transitEncryptionMode"], "actual": input.inputs.transitEncryptionMode, "expected": "required", "msg": "the cache also answers in the clear"} if {
	lower(input.inputs.transitEncryptionMode) == "preferred"
}
