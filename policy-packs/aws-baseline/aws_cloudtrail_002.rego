# METADATA
# title: Logs of trails cannot be changed unseen
# description: Signed digests show when a log file was changed or deleted.
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/cloudtrail-controls.html#cloudtrail-4
# custom:
#   id: AWS-CLOUDTRAIL-002
#   severity: medium
#   level: mandatory
#   scope: resource
#   types:
#     - "aws:cloudtrail/trail:Trail"
#   unknown: undetermined
#   frameworks:
#     cis-aws-3.0: ["3.2"]
#     pci-dss-4.0: ["10.3.4"]
#     iso-27001-2022: ["A.8.15"]
#   remediation: "Set `enableLogFileValidation: true` on {urn}."
package aws.cloudtrail_002

import rego.v1

# The default is off.
deny contains {"path": ["enableLogFileValidation"], "expected": true, "msg": "changes to log files go unseen"} if {
	not input.inputs.enableLogFileValidation == true
}
