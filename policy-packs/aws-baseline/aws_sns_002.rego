# METADATA
# title: Subscriptions do not deliver over plain HTTP
# description: Messages over HTTP can be read and changed on their way.
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/sns/latest/dg/sns-security-best-practices.html
# custom:
#   id: AWS-SNS-002
#   severity: medium
#   level: mandatory
#   scope: resource
#   types:
#     - "aws:sns/topicSubscription:TopicSubscription"
#   unknown: undetermined
#   frameworks:
#     pci-dss-4.0: ["4.2.1"]
#     iso-27001-2022: ["A.8.24"]
#   remediation: "Set `protocol: https` and an `https://` endpoint on {urn}."
package aws.sns_002

import rego.v1

deny contains {"path": ["protocol"], "actual": "http", "expected": "https", "msg": "messages are delivered over plain HTTP"} if {
	lower(input.inputs.protocol) == "http"
}
