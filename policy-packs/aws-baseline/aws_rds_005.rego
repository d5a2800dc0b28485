# METADATA
# title: Databases take minor upgrades by themselves
# description: Minor upgrades carry the fixes of known weaknesses.
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/rds-controls.html#rds-13
# custom:
#   id: AWS-RDS-005
#   severity: medium
#   level: advisory
#   scope: resource
#   types:
#     - "aws:rds/instance:Instance"
#     - "aws:rds/cluster:Cluster"
#     - "aws:rds/clusterInstance:ClusterInstance"
#     - "aws:docdb/clusterInstance:ClusterInstance"
#     - "aws:neptune/clusterInstance:ClusterInstance"
#   unknown: undetermined
#   frameworks:
#     cis-aws-3.0: ["2.3.2"]
#     pci-dss-4.0: ["6.3.3"]
#     iso-27001-2022: ["A.8.8"]
#   remediation: "Remove `autoMinorVersionUpgrade: false` from {urn}."
package aws.rds_005

import rego.v1

# The default is to take them.
deny contains {"path": ["autoMinorVersionUpgrade"], "actual": false, "expected": true, "msg": "minor upgrades are turned off"} if {
	input.inputs.autoMinorVersionUpgrade == false
}
