# METADATA
# title: Snapshots cannot be shared with everybody
# description: A public snapshot is a copy of the disk for everybody.
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html#ec2-182
# custom:
#   id: AWS-EBS-003
#   severity: high
#   level: mandatory
#   scope: resource
#   types:
#     - "aws:ebs/snapshotBlockPublicAccess:SnapshotBlockPublicAccess"
#   unknown: undetermined
#   frameworks:
#     pci-dss-4.0: ["1.4.4"]
#     iso-27001-2022: ["A.8.3"]
#   remediation: "Set `state: block-all-sharing` on {urn}."
package aws.ebs_003

import rego.v1

deny contains {"path": ["state"], "actual": "unblocked", "expected": "block-all-sharing", "msg": "snapshots may be shared with everybody"} if {
	input.inputs.state == "unblocked"
}
