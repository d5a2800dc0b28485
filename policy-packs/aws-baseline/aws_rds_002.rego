# METADATA
# title: RDS storage is encrypted
# description: Encryption cannot be turned on later without a replacement.
# scope: package
# custom:
#   id: AWS-RDS-002
#   severity: high
#   level: mandatory
#   scope: resource
#   types:
#     - "aws:rds/instance:Instance"
#     - "aws:rds/cluster:Cluster"
#   unknown: undetermined
#   remediation: "Set `storageEncrypted: true` on {urn}."
package aws.rds_002

import rego.v1

deny contains {"path": ["storageEncrypted"], "expected": true, "msg": "the storage is not encrypted"} if {
	not input.inputs.storageEncrypted == true
}
