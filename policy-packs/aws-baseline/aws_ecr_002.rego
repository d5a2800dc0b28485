# METADATA
# title: Images are scanned when they are pushed
# description: "A scan finds known weaknesses before an image runs. A registry can scan too, which is not visible here, so this only warns."
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/ecr-controls.html#ecr-1
# custom:
#   id: AWS-ECR-002
#   severity: medium
#   level: advisory
#   scope: resource
#   types:
#     - "aws:ecr/repository:Repository"
#   unknown: undetermined
#   frameworks:
#     pci-dss-4.0: ["6.2.3", "6.2.4"]
#     iso-27001-2022: ["A.8.8"]
#   remediation: "Set `imageScanningConfiguration.scanOnPush: true` on {urn}."
package aws.ecr_002

import rego.v1

deny contains {"path": ["imageScanningConfiguration", "scanOnPush"], "expected": true, "msg": "images are not scanned when they are pushed"} if {
	not input.inputs.imageScanningConfiguration.scanOnPush == true
}
