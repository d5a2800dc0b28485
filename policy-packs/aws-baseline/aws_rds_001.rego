# METADATA
# title: Databases are not public
# description: A public endpoint exposes the database to the Internet.
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/rds-controls.html#rds-2
# custom:
#   id: AWS-RDS-001
#   severity: critical
#   level: mandatory
#   scope: resource
#   types:
#     - "aws:rds/instance:Instance"
#     - "aws:rds/clusterInstance:ClusterInstance"
#     - "aws:rds/cluster:Cluster"
#     - "aws:neptune/clusterInstance:ClusterInstance"
#     - "aws:lightsail/database:Database"
#     - "aws:timestreaminfluxdb/dbInstance:DbInstance"
#     - "aws:timestreaminfluxdb/dbCluster:DbCluster"
#   unknown: undetermined
#   frameworks:
#     cis-aws-3.0: ["2.3.3"]
#     pci-dss-4.0: ["1.4.4"]
#     iso-27001-2022: ["A.8.20"]
#   remediation: "Set `publiclyAccessible: false` on {urn}; if clients outside need access, use a private endpoint."
package aws.rds_001

import rego.v1

# The default is private. Of clusters, only those over several zones have the property.
deny contains {"path": ["publiclyAccessible"], "actual": true, "expected": false, "msg": "the database is public"} if {
	input.inputs.publiclyAccessible == true
}
