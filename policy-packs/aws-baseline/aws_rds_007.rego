# METADATA
# title: Passwords of databases are managed
# description: A password that RDS makes and rotates is in no program and in no state.
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-secrets-manager.html
# custom:
#   id: AWS-RDS-007
#   severity: medium
#   level: advisory
#   scope: resource
#   types:
#     - "aws:rds/instance:Instance"
#     - "aws:rds/cluster:Cluster"
#   unknown: undetermined
#   frameworks:
#     pci-dss-4.0: ["8.6.2"]
#     iso-27001-2022: ["A.5.17"]
#   remediation: "Set `manageMasterUserPassword: true` on {urn}, and remove `password` or `masterPassword`."
package aws.rds_007

import rego.v1

import data.aws.lib

deny contains {"path": ["manageMasterUserPassword"], "expected": true, "msg": "the password is not managed"} if {
	not input.inputs.manageMasterUserPassword == true
	not is_copy
}

# A copy has the passwords of its source.
is_copy if lib.is_given(input.inputs.replicateSourceDb)

is_copy if lib.is_given(input.inputs.replicationSourceIdentifier)

is_copy if lib.is_given(input.inputs.snapshotIdentifier)
