# METADATA
# title: Instances demand tokens for their metadata
# description: "Without tokens, a request that an application forwards is enough to steal the credentials of its role."
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html#ec2-8
# custom:
#   id: AWS-EC2-003
#   severity: high
#   level: mandatory
#   scope: resource
#   types:
#     - "aws:ec2/instance:Instance"
#     - "aws:ec2/spotInstanceRequest:SpotInstanceRequest"
#     - "aws:ec2/launchConfiguration:LaunchConfiguration"
#     - "aws:ec2/launchTemplate:LaunchTemplate"
#   unknown: undetermined
#   frameworks:
#     cis-aws-3.0: ["5.6"]
#     pci-dss-4.0: ["2.2.6"]
#     iso-27001-2022: ["A.8.9"]
#   remediation: "Set `metadataOptions.httpTokens: required` on {urn}."
package aws.ec2_003

import rego.v1

# The default depends on the image and the account, so it must be said, also where a launch template says it.
deny contains {"path": ["metadataOptions", "httpTokens"], "expected": "required", "msg": "metadata is given without a token"} if {
	not input.inputs.metadataOptions.httpTokens == "required"
	not input.inputs.metadataOptions.httpEndpoint == "disabled"
}
