# METADATA
# title: Clusters of EMR block public access
# description: "Without the block, a cluster starts with any port open to the world."
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/emr-controls.html#emr-2
# custom:
#   id: AWS-EMR-001
#   severity: high
#   level: mandatory
#   scope: resource
#   types:
#     - "aws:emr/blockPublicAccessConfiguration:BlockPublicAccessConfiguration"
#   unknown: undetermined
#   frameworks:
#     pci-dss-4.0: ["1.4.4"]
#     iso-27001-2022: ["A.8.20"]
#   remediation: "Set `blockPublicSecurityGroupRules: true` on {urn}."
package aws.emr_001

import rego.v1

deny contains {"path": ["blockPublicSecurityGroupRules"], "expected": true, "msg": "clusters may be open to the world"} if {
	not input.inputs.blockPublicSecurityGroupRules == true
}
