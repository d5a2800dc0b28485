# METADATA
# title: SNS topics are encrypted
# description: Topics are not encrypted unless a key is named.
# scope: package
# custom:
#   id: AWS-SNS-001
#   severity: medium
#   level: mandatory
#   scope: resource
#   types:
#     - "aws:sns/topic:Topic"
#   unknown: undetermined
#   remediation: "Set `kmsMasterKeyId` on {urn}, for example to `alias/aws/sns`."
package aws.sns_001

import rego.v1

deny contains {"path": ["kmsMasterKeyId"], "msg": "the topic is not encrypted"} if {
	not is_keyed
}

is_keyed if trim_space(input.inputs.kmsMasterKeyId) != ""
