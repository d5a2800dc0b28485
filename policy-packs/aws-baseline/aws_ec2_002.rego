# METADATA
# title: Instances get no public addresses
# description: An instance with a public address is one mistake in a security group away from the Internet.
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html#ec2-9
# custom:
#   id: AWS-EC2-002
#   severity: high
#   level: mandatory
#   scope: resource
#   types:
#     - "aws:ec2/instance:Instance"
#     - "aws:ec2/spotInstanceRequest:SpotInstanceRequest"
#     - "aws:ec2/launchConfiguration:LaunchConfiguration"
#     - "aws:ec2/launchTemplate:LaunchTemplate"
#     - "aws:ec2/spotFleetRequest:SpotFleetRequest"
#   unknown: undetermined
#   frameworks:
#     pci-dss-4.0: ["1.4.4"]
#     iso-27001-2022: ["A.8.20"]
#   remediation: "Set `{path}` of {urn} to false, and reach the instance through a load balancer, Session Manager or a VPN."
package aws.ec2_002

import rego.v1

import data.aws.lib

deny contains {"path": ["associatePublicIpAddress"], "actual": true, "expected": false, "msg": "the instance gets a public address"} if {
	input.inputs.associatePublicIpAddress == true
}

# A launch template holds booleans as text.
deny contains {"path": ["networkInterfaces", i, "associatePublicIpAddress"], "actual": true, "expected": false, "msg": "the instance gets a public address"} if {
	lib.is_true(input.inputs.networkInterfaces[i].associatePublicIpAddress)
}

deny contains {"path": ["launchSpecifications", i, "associatePublicIpAddress"], "actual": true, "expected": false, "msg": "the instance gets a public address"} if {
	input.inputs.launchSpecifications[i].associatePublicIpAddress == true
}
