# METADATA
# title: Databases keep backups
# description: "Without automatic backups, a mistake in the data is forever."
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_WorkingWithAutomatedBackups.html
# custom:
#   id: AWS-RDS-003
#   severity: high
#   level: mandatory
#   scope: resource
#   types:
#     - "aws:rds/instance:Instance"
#     - "aws:rds/cluster:Cluster"
#     - "aws:docdb/cluster:Cluster"
#     - "aws:neptune/cluster:Cluster"
#   unknown: undetermined
#   parameters:
#     days: {type: integer, default: 7}
#   frameworks:
#     iso-27001-2022: ["A.8.13"]
#   remediation: "Set `backupRetentionPeriod` of {urn} to at least {days}."
package aws.rds_003

import rego.v1

import data.aws.lib

# The default is no day for an instance, and one day for a cluster.
deny contains {"path": ["backupRetentionPeriod"], "expected": input.params.days, "msg": "backups are not kept for long enough"} if {
	not is_replica
	not is_kept
}

is_kept if to_number(input.inputs.backupRetentionPeriod) >= input.params.days

# A replica has the copies of its source.
is_replica if lib.is_given(input.inputs.replicateSourceDb)

is_replica if lib.is_given(input.inputs.replicationSourceIdentifier)
