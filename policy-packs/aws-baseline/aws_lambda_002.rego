# METADATA
# title: URLs of functions ask who calls
# description: "A URL without authentication runs the function for everybody, at your cost."
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html
# custom:
#   id: AWS-LAMBDA-002
#   severity: high
#   level: mandatory
#   scope: resource
#   types:
#     - "aws:lambda/functionUrl:FunctionUrl"
#   unknown: undetermined
#   frameworks:
#     pci-dss-4.0: ["7.2.1"]
#     iso-27001-2022: ["A.8.3"]
#   remediation: "Set `authorizationType: AWS_IAM` on {urn}; if the function is meant for everybody, put CloudFront with origin access control in front of it."
package aws.lambda_002

import rego.v1

deny contains {"path": ["authorizationType"], "expected": "AWS_IAM", "msg": "everybody may run the function"} if {
	not input.inputs.authorizationType == "AWS_IAM"
}
