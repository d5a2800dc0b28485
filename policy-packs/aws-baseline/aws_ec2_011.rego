# METADATA
# title: Security groups do not admit plain HTTP from the world
# description: "What is sent over HTTP can be read and changed on its way. A redirect needs the port, so this only warns."
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html
# custom:
#   id: AWS-EC2-011
#   severity: low
#   level: advisory
#   scope: resource
#   types:
#     - "aws:ec2/securityGroup:SecurityGroup"
#     - "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"
#     - "aws:ec2/securityGroupRule:SecurityGroupRule"
#     - "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
#   unknown: undetermined
#   frameworks:
#     pci-dss-4.0: ["4.2.1"]
#     iso-27001-2022: ["A.8.20"]
#   remediation: "Close port 80 at `{path}` of {urn}, unless all that answers there is a redirect to HTTPS."
package aws.ec2_011

import rego.v1

import data.aws.lib
import data.aws.lib_ingress

deny contains {"path": open.path, "actual": open.cidr, "msg": "plain HTTP is open to the world"} if {
	some open in lib_ingress.open
	lib.covers(open.ports, 80)
}
