# METADATA
# title: Kafka is not public
# description: A public endpoint exposes the brokers to the Internet.
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/msk-controls.html#msk-4
# custom:
#   id: AWS-MSK-002
#   severity: high
#   level: mandatory
#   scope: resource
#   types:
#     - "aws:msk/cluster:Cluster"
#   unknown: undetermined
#   frameworks:
#     pci-dss-4.0: ["1.4.4"]
#     iso-27001-2022: ["A.8.20"]
#   remediation: "Remove `brokerNodeGroupInfo.connectivityInfo.publicAccess` from {urn}."
package aws.msk_002

import rego.v1

# The default is private.
deny contains {"path": ["brokerNodeGroupInfo", "connectivityInfo", "publicAccess", "type"], "actual": "SERVICE_PROVIDED_EIPS", "expected": "DISABLED", "msg": "the brokers are public"} if {
	input.inputs.brokerNodeGroupInfo.connectivityInfo.publicAccess.type == "SERVICE_PROVIDED_EIPS"
}
