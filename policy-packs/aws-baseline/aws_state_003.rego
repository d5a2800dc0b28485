# METADATA
# title: Databases leave a snapshot when they are deleted
# description: "What a delete does is decided before: by the state, not by the program that deletes."
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_DeleteInstance.html
# custom:
#   id: AWS-STATE-003
#   severity: medium
#   level: advisory
#   scope: resource
#   types:
#     - "aws:rds/instance:Instance"
#     - "aws:rds/cluster:Cluster"
#     - "aws:docdb/cluster:Cluster"
#     - "aws:neptune/cluster:Cluster"
#     - "aws:redshift/cluster:Cluster"
#   unknown: undetermined
#   frameworks:
#     iso-27001-2022: ["A.8.13"]
#   remediation: "Remove `skipFinalSnapshot: true` from {urn}, and set `finalSnapshotIdentifier`."
package aws.state_003

import rego.v1

# The default is to leave one.
deny contains {"path": ["skipFinalSnapshot"], "actual": true, "expected": false, "msg": "a delete would leave no snapshot"} if {
	input.inputs.skipFinalSnapshot == true
}
