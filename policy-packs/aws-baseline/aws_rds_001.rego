# METADATA
# title: RDS instances are not public
# description: A public endpoint exposes the database to the Internet.
# scope: package
# custom:
#   id: AWS-RDS-001
#   severity: critical
#   level: mandatory
#   scope: resource
#   types:
#     - "aws:rds/instance:Instance"
#     - "aws:rds/clusterInstance:ClusterInstance"
#   unknown: undetermined
#   remediation: "Set `publiclyAccessible: false` on {urn}; if clients outside need access, use a private endpoint."
package aws.rds_001

import rego.v1

deny contains {"path": ["publiclyAccessible"], "actual": true, "expected": false, "msg": "the database is public"} if {
	input.inputs.publiclyAccessible == true
}
