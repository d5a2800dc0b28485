# METADATA
# title: Databases are in more than one zone
# description: A database of one zone is away as long as its zone is.
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/rds-controls.html#rds-5
# custom:
#   id: AWS-RDS-011
#   severity: low
#   level: advisory
#   scope: resource
#   types:
#     - "aws:rds/instance:Instance"
#   unknown: undetermined
#   frameworks:
#     iso-27001-2022: ["A.8.14"]
#   remediation: "Set `multiAz: true` on {urn}."
package aws.rds_011

import rego.v1

import data.aws.lib

# The default is one zone. A replica stands beside its source.
deny contains {"path": ["multiAz"], "expected": true, "msg": "the database is in one zone"} if {
	not input.inputs.multiAz == true
	not is_replica
}

is_replica if lib.is_given(input.inputs.replicateSourceDb)
