# METADATA
# title: Caches keep snapshots
# description: "Without a snapshot, a lost cache starts empty."
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/elasticache-controls.html#elasticache-1
# custom:
#   id: AWS-ELASTICACHE-003
#   severity: low
#   level: advisory
#   scope: resource
#   types:
#     - "aws:elasticache/replicationGroup:ReplicationGroup"
#     - "aws:elasticache/cluster:Cluster"
#     - "aws:elasticache/serverlessCache:ServerlessCache"
#   unknown: undetermined
#   parameters:
#     days: {type: integer, default: 1}
#   frameworks:
#     iso-27001-2022: ["A.8.13"]
#   remediation: "Set `snapshotRetentionLimit` of {urn} to at least {days}."
package aws.elasticache_003

import rego.v1

# The default is none. Memcached has no snapshots.
deny contains {"path": ["snapshotRetentionLimit"], "expected": input.params.days, "msg": "no snapshots are kept"} if {
	not input.inputs.engine == "memcached"
	not is_kept
}

is_kept if to_number(input.inputs.snapshotRetentionLimit) >= input.params.days
