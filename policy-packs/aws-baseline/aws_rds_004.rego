# METADATA
# title: Databases are protected from deletion
# description: "With protection, one wrong call cannot delete the database."
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/rds-controls.html#rds-8
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/rds-controls.html#rds-7
# custom:
#   id: AWS-RDS-004
#   severity: medium
#   level: advisory
#   scope: resource
#   types:
#     - "aws:rds/instance:Instance"
#     - "aws:rds/cluster:Cluster"
#     - "aws:docdb/cluster:Cluster"
#     - "aws:neptune/cluster:Cluster"
#   unknown: undetermined
#   frameworks:
#     iso-27001-2022: ["A.8.13"]
#   remediation: "Set `deletionProtection: true` on {urn}."
package aws.rds_004

import rego.v1

deny contains {"path": ["deletionProtection"], "expected": true, "msg": "the database can be deleted by one call"} if {
	not input.inputs.deletionProtection == true
}
