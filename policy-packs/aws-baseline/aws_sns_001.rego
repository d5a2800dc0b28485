# METADATA
# title: SNS topics are encrypted
# description: Topics are not encrypted unless a key is named.
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/sns-controls.html#sns-1
# custom:
#   id: AWS-SNS-001
#   severity: medium
#   level: mandatory
#   scope: resource
#   types:
#     - "aws:sns/topic:Topic"
#   unknown: undetermined
#   frameworks:
#     pci-dss-4.0: ["3.5.1"]
#     iso-27001-2022: ["A.8.24"]
#   remediation: "Set `kmsMasterKeyId` on {urn}, for example to `alias/aws/sns`."
package aws.sns_001

import rego.v1

deny contains {"path": ["kmsMasterKeyId"], "msg": "the topic is not encrypted"} if {
	not is_keyed
}

is_keyed if trim_space(input.inputs.kmsMasterKeyId) != ""
