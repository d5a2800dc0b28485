# METADATA
# title: Networks have flow logs
# description: Without flow logs nobody can tell later who spoke to whom. The kinds are counted, not matched.
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html#ec2-6
# custom:
#   id: AWS-VPC-001
#   severity: medium
#   level: advisory
#   scope: stack
#   types:
#     - "aws:ec2/vpc:Vpc"
#     - "aws:ec2/defaultVpc:DefaultVpc"
#     - "aws:ec2/flowLog:FlowLog"
#   unknown: irrelevant
#   frameworks:
#     cis-aws-3.0: ["3.7"]
#     pci-dss-4.0: ["10.2.1"]
#     iso-27001-2022: ["A.8.15"]
#   remediation: "Add an `aws.ec2.FlowLog` with `trafficType: ALL` for every network of {urn}."
package aws.vpc_001

import rego.v1

# A resource that is replaced is there in two steps and counts once.
networks contains input.resources[i].urn if {
	some i
	input.resources[i].type in {"aws:ec2/vpc:Vpc", "aws:ec2/defaultVpc:DefaultVpc"}
}

logs contains input.resources[i].urn if {
	some i
	input.resources[i].type == "aws:ec2/flowLog:FlowLog"
}

deny contains {"actual": count(logs), "expected": count(networks), "msg": "there are fewer flow logs than networks"} if count(logs) < count(networks)
