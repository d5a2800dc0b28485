# METADATA
# title: Security groups do not open internal services to the world
# description: "Databases, caches, queues and file shares are not made to face the Internet."
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html#ec2-19
# custom:
#   id: AWS-EC2-006
#   severity: high
#   level: mandatory
#   scope: resource
#   types:
#     - "aws:ec2/securityGroup:SecurityGroup"
#     - "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"
#     - "aws:ec2/securityGroupRule:SecurityGroupRule"
#     - "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
#   unknown: undetermined
#   parameters:
#     ports: {type: strings, default: ["20", "21", "23", "25", "110", "135", "139", "143", "445", "1433", "1434", "1521", "2049", "2375", "2376", "2379", "2380", "3306", "5432", "5601", "5672", "5984", "6379", "8020", "9042", "9092", "9200", "9300", "11211", "15672", "27017", "27018"]}
#   frameworks:
#     pci-dss-4.0: ["1.3.1", "1.4.4"]
#     iso-27001-2022: ["A.8.20"]
#   remediation: "Narrow the addresses at `{path}` of {urn} to the networks or security groups that use the service."
package aws.ec2_006

import rego.v1

import data.aws.lib
import data.aws.lib_ingress

# One finding for each address range, which may open many ports.
deny contains {"path": open.path, "actual": open.cidr, "msg": msg} if {
	some open in lib_ingress.open
	ports := [port | some port in input.params.ports; lib.covers(open.ports, to_number(port))]
	msg := said(ports)
}

said([port]) := concat("", ["port ", port, " is open to the world"])

said(ports) := concat("", ["the ports ", concat(", ", ports), " are open to the world"]) if count(ports) > 1
