# METADATA
# title: GuardDuty is on
# description: A detector that is turned off is the first thing an attacker wants.
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/guardduty-controls.html#guardduty-1
# custom:
#   id: AWS-GUARDDUTY-001
#   severity: high
#   level: mandatory
#   scope: resource
#   types:
#     - "aws:guardduty/detector:Detector"
#   unknown: undetermined
#   frameworks:
#     pci-dss-4.0: ["11.5.1"]
#     iso-27001-2022: ["A.8.16"]
#   remediation: "Remove `enable: false` from {urn}."
package aws.guardduty_001

import rego.v1

# The default is on.
deny contains {"path": ["enable"], "actual": false, "expected": true, "msg": "the detector is turned off"} if {
	input.inputs.enable == false
}
