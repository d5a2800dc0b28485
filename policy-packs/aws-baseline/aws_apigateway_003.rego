# METADATA
# title: Methods of APIs ask who calls
# description: "A method without authorization answers everybody. Some are meant to, so this only warns."
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/apigateway-controls.html#apigateway-8
# custom:
#   id: AWS-APIGATEWAY-003
#   severity: medium
#   level: advisory
#   scope: resource
#   types:
#     - "aws:apigateway/method:Method"
#     - "aws:apigatewayv2/route:Route"
#   unknown: undetermined
#   frameworks:
#     iso-27001-2022: ["A.8.3"]
#   remediation: "Set `{path}` of {urn} to `AWS_IAM`, `COGNITO_USER_POOLS`, `JWT` or `CUSTOM`, with an authorizer where one is needed."
package aws.apigateway_003

import rego.v1

# A browser asks with OPTIONS before it sends credentials.
deny contains {"path": ["authorization"], "actual": "NONE", "msg": "the method answers everybody"} if {
	input.inputs.authorization == "NONE"
	not input.inputs.apiKeyRequired == true
	not is_preflight
}

# A route without a type answers everybody.
deny contains {"path": ["authorizationType"], "expected": "AWS_IAM", "msg": "the route answers everybody"} if {
	input.type == "aws:apigatewayv2/route:Route"
	not is_authorized
	not is_preflight
}

is_preflight if upper(input.inputs.httpMethod) == "OPTIONS"

is_preflight if startswith(input.inputs.routeKey, "OPTIONS ")

is_authorized if input.inputs.authorizationType in {"AWS_IAM", "JWT", "CUSTOM"}
