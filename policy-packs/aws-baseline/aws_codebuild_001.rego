# METADATA
# title: Builds hold no secrets in their environment
# description: "Whoever may read the project, or a log of it, reads the secret."
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/codebuild-controls.html#codebuild-2
# custom:
#   id: AWS-CODEBUILD-001
#   severity: high
#   level: mandatory
#   scope: resource
#   types:
#     - "aws:codebuild/project:Project"
#   unknown: undetermined
#   frameworks:
#     pci-dss-4.0: ["8.6.2"]
#     iso-27001-2022: ["A.5.17"]
#   remediation: "Set `type: SECRETS_MANAGER` or `PARAMETER_STORE` for the variable at `{path}` of {urn}, and the name of the secret as its value."
package aws.codebuild_001

import rego.v1

import data.aws.lib_secret

# The default type is plain text.
deny contains {"path": ["environment", "environmentVariables", i, "value"], "msg": concat("", ["`", name, "` holds a secret"])} if {
	name := input.inputs.environment.environmentVariables[i].name
	is_secret[i]
	not is_reference[i]
}

is_reference[i] if input.inputs.environment.environmentVariables[i].type in {"SECRETS_MANAGER", "PARAMETER_STORE"}

is_secret[i] if {
	lib_secret.names_secret(input.inputs.environment.environmentVariables[i].name)
	lib_secret.is_literal(input.inputs.environment.environmentVariables[i].value)
}

is_secret[i] if lib_secret.is_access_key(input.inputs.environment.environmentVariables[i].value)
