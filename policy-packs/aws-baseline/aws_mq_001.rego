# METADATA
# title: Message brokers are not public
# description: A public endpoint exposes the broker to the Internet.
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/amazon-mq/latest/developer-guide/using-amazon-mq-securely.html
# custom:
#   id: AWS-MQ-001
#   severity: critical
#   level: mandatory
#   scope: resource
#   types:
#     - "aws:mq/broker:Broker"
#   unknown: undetermined
#   frameworks:
#     pci-dss-4.0: ["1.4.4"]
#     iso-27001-2022: ["A.8.20"]
#   remediation: "Set `publiclyAccessible: false` on {urn}; this replaces the broker."
package aws.mq_001

import rego.v1

# The default is private.
deny contains {"path": ["publiclyAccessible"], "actual": true, "expected": false, "msg": "the broker is public"} if {
	input.inputs.publiclyAccessible == true
}
