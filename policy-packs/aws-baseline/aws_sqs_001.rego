# METADATA
# title: SQS queues are encrypted
# description: Queues are encrypted unless somebody turns it off.
# scope: package
# custom:
#   id: AWS-SQS-001
#   severity: medium
#   level: mandatory
#   scope: resource
#   types:
#     - "aws:sqs/queue:Queue"
#   unknown: undetermined
#   remediation: "Remove `sqsManagedSseEnabled: false` from {urn}, or set `kmsMasterKeyId`."
package aws.sqs_001

import rego.v1

deny contains {"path": ["sqsManagedSseEnabled"], "actual": false, "expected": true, "msg": "encryption is turned off"} if {
	input.inputs.sqsManagedSseEnabled == false
	not is_keyed
}

is_keyed if trim_space(input.inputs.kmsMasterKeyId) != ""
