# METADATA
# title: Subnets give no public addresses by themselves
# description: "What is started in such a subnet gets a public address, also where its own resource says nothing. Load balancers and NAT gateways get theirs without it."
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html#ec2-15
# custom:
#   id: AWS-EC2-013
#   severity: medium
#   level: mandatory
#   scope: resource
#   types:
#     - "aws:ec2/subnet:Subnet"
#     - "aws:ec2/defaultSubnet:DefaultSubnet"
#   unknown: undetermined
#   frameworks:
#     pci-dss-4.0: ["1.4.4"]
#     iso-27001-2022: ["A.8.20"]
#   remediation: "Set `mapPublicIpOnLaunch: false` on {urn}."
package aws.ec2_013

import rego.v1

# The default of a subnet is to give none.
deny contains {"path": ["mapPublicIpOnLaunch"], "actual": true, "expected": false, "msg": "what is started in the subnet gets a public address"} if {
	input.inputs.mapPublicIpOnLaunch == true
}
