# METADATA
# title: Services get no public addresses
# description: A task with a public address is one mistake in a security group away from the Internet.
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/ecs-controls.html#ecs-2
# custom:
#   id: AWS-ECS-003
#   severity: high
#   level: mandatory
#   scope: resource
#   types:
#     - "aws:ecs/service:Service"
#     - "aws:ecs/taskSet:TaskSet"
#   unknown: undetermined
#   frameworks:
#     pci-dss-4.0: ["1.4.4"]
#     iso-27001-2022: ["A.8.20"]
#   remediation: "Set `networkConfiguration.assignPublicIp: false` on {urn}, and put the service in private subnets behind a load balancer."
package aws.ecs_003

import rego.v1

deny contains {"path": ["networkConfiguration", "assignPublicIp"], "actual": true, "expected": false, "msg": "the tasks get public addresses"} if {
	input.inputs.networkConfiguration.assignPublicIp == true
}
