# METADATA
# title: Replication instances are not public
# description: A replication instance holds the passwords of both databases.
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/dms-controls.html#dms-1
# custom:
#   id: AWS-DMS-001
#   severity: critical
#   level: mandatory
#   scope: resource
#   types:
#     - "aws:dms/replicationInstance:ReplicationInstance"
#   unknown: undetermined
#   frameworks:
#     pci-dss-4.0: ["1.4.4"]
#     iso-27001-2022: ["A.8.20"]
#   remediation: "Set `publiclyAccessible: false` on {urn}; this replaces the instance."
package aws.dms_001

import rego.v1

# The provider's default is private.
deny contains {"path": ["publiclyAccessible"], "actual": true, "expected": false, "msg": "the replication instance is public"} if {
	input.inputs.publiclyAccessible == true
}
