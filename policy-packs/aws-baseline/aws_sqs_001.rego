# METADATA
# title: SQS queues are encrypted
# description: Queues are encrypted unless somebody turns it off.
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/sqs-controls.html#sqs-1
# custom:
#   id: AWS-SQS-001
#   severity: medium
#   level: mandatory
#   scope: resource
#   types:
#     - "aws:sqs/queue:Queue"
#   unknown: undetermined
#   frameworks:
#     pci-dss-4.0: ["3.5.1"]
#     iso-27001-2022: ["A.8.24"]
#   remediation: "Remove `sqsManagedSseEnabled: false` from {urn}, or set `kmsMasterKeyId`."
package aws.sqs_001

import rego.v1

deny contains {"path": ["sqsManagedSseEnabled"], "actual": false, "expected": true, "msg": "encryption is turned off"} if {
	input.inputs.sqsManagedSseEnabled == false
	not is_keyed
}

is_keyed if trim_space(input.inputs.kmsMasterKeyId) != ""
