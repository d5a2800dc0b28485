# METADATA
# title: Snapshots of databases are not public
# description: A public snapshot is a copy of the database for everybody.
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/rds-controls.html#rds-1
# custom:
#   id: AWS-RDS-009
#   severity: critical
#   level: mandatory
#   scope: resource
#   types:
#     - "aws:rds/snapshot:Snapshot"
#     - "aws:rds/clusterSnapshot:ClusterSnapshot"
#     - "aws:rds/snapshotCopy:SnapshotCopy"
#     - "aws:rds/clusterSnapshotCopy:ClusterSnapshotCopy"
#   unknown: undetermined
#   frameworks:
#     pci-dss-4.0: ["1.4.4"]
#     iso-27001-2022: ["A.8.3"]
#   remediation: "Replace `all` at `{path}` of {urn} by the accounts that need the snapshot."
package aws.rds_009

import rego.v1

deny contains {"path": ["sharedAccounts", i], "actual": "all", "msg": "everybody may restore the snapshot"} if {
	input.inputs.sharedAccounts[i] == "all"
}
