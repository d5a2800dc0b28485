# METADATA
# title: The default security group admits nothing
# description: What is launched without a security group gets the default one.
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html#ec2-2
# custom:
#   id: AWS-EC2-007
#   severity: medium
#   level: mandatory
#   scope: resource
#   types:
#     - "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"
#   unknown: undetermined
#   frameworks:
#     cis-aws-3.0: ["5.4"]
#     pci-dss-4.0: ["1.3.1"]
#     iso-27001-2022: ["A.8.20"]
#   remediation: "Remove all `ingress` and `egress` from {urn}, and give each resource a security group of its own."
package aws.ec2_007

import rego.v1

deny contains {"path": ["ingress", i], "msg": "the default security group admits traffic"} if input.inputs.ingress[i].protocol

deny contains {"path": ["egress", i], "msg": "the default security group lets traffic out"} if input.inputs.egress[i].protocol
