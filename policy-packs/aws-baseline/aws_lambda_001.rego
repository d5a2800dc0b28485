# METADATA
# title: Functions hold no secrets in their environment
# description: Whoever may read the configuration of the function reads the secret.
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars-encryption.html
# custom:
#   id: AWS-LAMBDA-001
#   severity: high
#   level: mandatory
#   scope: resource
#   types:
#     - "aws:lambda/function:Function"
#   unknown: undetermined
#   frameworks:
#     pci-dss-4.0: ["8.6.2"]
#     iso-27001-2022: ["A.5.17"]
#   remediation: "Store the value of `{path}` of {urn} in Secrets Manager or Parameter Store, and give the function its ARN."
package aws.lambda_001

import rego.v1

import data.aws.lib_secret

deny contains {"path": ["environment", "variables", name], "msg": concat("", ["`", name, "` holds a secret"])} if {
	value := input.inputs.environment.variables[name]
	lib_secret.names_secret(name)
	lib_secret.is_literal(value)
}

deny contains {"path": ["environment", "variables", name], "msg": concat("", ["`", name, "` holds an access key"])} if {
	value := input.inputs.environment.variables[name]
	lib_secret.is_access_key(value)
}
