# METADATA
# title: Containers are not privileged
# description: A privileged container owns its host.
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/ecs-controls.html#ecs-4
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/ecs-controls.html#ecs-3
# custom:
#   id: AWS-ECS-001
#   severity: high
#   level: mandatory
#   scope: resource
#   types:
#     - "aws:ecs/taskDefinition:TaskDefinition"
#   unknown: undetermined
#   frameworks:
#     iso-27001-2022: ["A.8.2"]
#   remediation: "Remove `privileged: true` from the containers of {urn}, and `pidMode: host`; add single capabilities where one is needed."
package aws.ecs_001

import rego.v1

import data.aws.lib

deny contains {"path": ["containerDefinitions"], "msg": concat("", ["the container `", lib.name(container), "` is privileged"])} if {
	some container in lib.containers(input.inputs.containerDefinitions)
	container.privileged == true
}

deny contains {"path": ["pidMode"], "actual": "host", "msg": "the containers see the processes of the host"} if {
	input.inputs.pidMode == "host"
}

deny contains {"path": ["containerDefinitions"], "msg": "the containers are not a list in JSON"} if {
	not lib.containers(input.inputs.containerDefinitions)
}
