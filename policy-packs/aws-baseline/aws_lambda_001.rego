# METADATA
# title: Functions hold no secrets in their environment
# description: Whoever may read the configuration of the function reads the secret.
# scope: package
# custom:
#   id: AWS-LAMBDA-001
#   severity: high
#   level: mandatory
#   scope: resource
#   types:
#     - "aws:lambda/function:Function"
#   unknown: undetermined
#   remediation: "Store the value of `{path}` of {urn} in Secrets Manager or Parameter Store, and give the function its ARN."
package aws.lambda_001

import rego.v1

words := {"secret", "password", "passwd", "token", "api_key", "apikey", "private_key", "access_key", "credential"}

deny contains {"path": ["environment", "variables", name], "msg": concat("", ["`", name, "` holds a secret"])} if {
	value := input.inputs.environment.variables[name]
	some word in words
	contains(lower(name), word)
	is_literal(value)
}

deny contains {"path": ["environment", "variables", name], "msg": concat("", ["`", name, "` holds an access key"])} if {
	value := input.inputs.environment.variables[name]
	is_access_key(value)
}

# A reference to where the secret is kept is what the rule asks for.
is_literal(value) if {
	trim_space(value) != ""
	not startswith(value, "arn:")
	not startswith(value, "/")
}

is_access_key(value) if {
	some prefix in {"AKIA", "ASIA"}
	startswith(value, prefix)
	count(value) == 20
}
