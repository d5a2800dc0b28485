# METADATA
# title: Databases are encrypted
# description: Encryption cannot be turned on later without a replacement.
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/rds-controls.html#rds-3
# custom:
#   id: AWS-RDS-002
#   severity: high
#   level: mandatory
#   scope: resource
#   types:
#     - "aws:rds/instance:Instance"
#     - "aws:rds/cluster:Cluster"
#     - "aws:docdb/cluster:Cluster"
#     - "aws:neptune/cluster:Cluster"
#     - "aws:rds/globalCluster:GlobalCluster"
#     - "aws:docdb/globalCluster:GlobalCluster"
#     - "aws:neptune/globalCluster:GlobalCluster"
#   unknown: undetermined
#   frameworks:
#     cis-aws-3.0: ["2.3.1"]
#     pci-dss-4.0: ["3.5.1"]
#     iso-27001-2022: ["A.8.24"]
#   remediation: "Set `storageEncrypted: true` on {urn}."
package aws.rds_002

import rego.v1

import data.aws.lib

# The default is no encryption.
deny contains {"path": ["storageEncrypted"], "expected": true, "msg": "the storage is not encrypted"} if {
	not input.inputs.storageEncrypted == true
	not is_copy
}

# A global database that is made of a cluster has the encryption of that.
is_copy if lib.is_given(input.inputs.sourceDbClusterIdentifier)
