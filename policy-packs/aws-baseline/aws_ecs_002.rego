# METADATA
# title: Containers hold no secrets in their environment
# description: Whoever may read the task definition reads the secret.
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/ecs-controls.html#ecs-8
# custom:
#   id: AWS-ECS-002
#   severity: high
#   level: mandatory
#   scope: resource
#   types:
#     - "aws:ecs/taskDefinition:TaskDefinition"
#   unknown: undetermined
#   frameworks:
#     pci-dss-4.0: ["8.6.2"]
#     iso-27001-2022: ["A.5.17"]
#   remediation: "Take the value out of `environment` in the containers of {urn}, and name its ARN in Secrets Manager or Parameter Store under `secrets`."
package aws.ecs_002

import rego.v1

import data.aws.lib
import data.aws.lib_secret

deny contains {"path": ["containerDefinitions"], "msg": concat("", ["`", called(variable), "` of the container `", lib.name(container), "` holds a secret"])} if {
	some container in lib.containers(input.inputs.containerDefinitions)
	some variable in container.environment
	is_secret(variable)
}

# The provider does not look at the case of names. Which of two spellings it takes, nobody says.
is_secret(variable) if {
	lib_secret.names_secret(member(variable, "name")[_])
	lib_secret.is_literal(member(variable, "value")[_])
}

is_secret(variable) if lib_secret.is_access_key(member(variable, "value")[_])

member(variable, name) := {value | some key, value in variable; lower(key) == name}

called(variable) := concat(", ", [name | some name in member(variable, "name"); is_string(name)])
