# METADATA
# title: AWS Config records everything
# description: What is not recorded can be changed unseen.
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/config-controls.html#config-1
# custom:
#   id: AWS-CONFIG-001
#   severity: medium
#   level: mandatory
#   scope: resource
#   types:
#     - "aws:cfg/recorder:Recorder"
#     - "aws:cfg/recorderStatus:RecorderStatus"
#   unknown: undetermined
#   frameworks:
#     cis-aws-3.0: ["3.3"]
#     iso-27001-2022: ["A.8.9"]
#   remediation: "Set `recordingGroup.allSupported: true` on {urn}, or name what is left out with `exclusionByResourceTypes`; remove `isEnabled: false`."
package aws.config_001

import rego.v1

# The default is everything.
deny contains {"path": ["recordingGroup", "allSupported"], "actual": false, "expected": true, "msg": "some types of resources are not recorded"} if {
	input.inputs.recordingGroup.allSupported == false
	not input.inputs.recordingGroup.recordingStrategies[0].useOnly == "EXCLUSION_BY_RESOURCE_TYPES"
}

deny contains {"path": ["isEnabled"], "actual": false, "expected": true, "msg": "nothing is recorded"} if {
	input.inputs.isEnabled == false
}
