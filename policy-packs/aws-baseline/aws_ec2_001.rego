# METADATA
# title: Security groups do not open remote access to the world
# description: Open SSH, RDP or all ports are found by scanners within minutes.
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html#ec2-53
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html#ec2-54
# custom:
#   id: AWS-EC2-001
#   severity: critical
#   level: mandatory
#   scope: resource
#   types:
#     - "aws:ec2/securityGroup:SecurityGroup"
#     - "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"
#     - "aws:ec2/securityGroupRule:SecurityGroupRule"
#     - "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
#   unknown: undetermined
#   frameworks:
#     cis-aws-3.0: ["5.2", "5.3"]
#     pci-dss-4.0: ["1.3.1"]
#     iso-27001-2022: ["A.8.20"]
#   remediation: "Narrow the addresses at `{path}` of {urn} to the networks that need them, or use Session Manager instead of an open port."
package aws.ec2_001

import rego.v1

import data.aws.lib
import data.aws.lib_ingress

deny contains {"path": open.path, "actual": open.cidr, "msg": "remote access is open to the world"} if {
	some open in lib_ingress.open
	some port in {22, 3389}
	lib.covers(open.ports, port)
}
