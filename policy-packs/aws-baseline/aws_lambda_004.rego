# METADATA
# title: Permissions for services say for which resource
# description: "A service acts for every account: without a source, somebody else can make it run the function."
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
# custom:
#   id: AWS-LAMBDA-004
#   severity: medium
#   level: advisory
#   scope: resource
#   types:
#     - "aws:lambda/permission:Permission"
#   unknown: undetermined
#   frameworks:
#     iso-27001-2022: ["A.5.15"]
#   remediation: "Set `sourceArn` of {urn} to the resource that runs the function; for S3, add `sourceAccount`."
package aws.lambda_004

import rego.v1

import data.aws.lib

deny contains {"path": ["sourceArn"], "msg": "the service may run the function for anybody"} if {
	endswith(input.inputs.principal, ".amazonaws.com")
	not says_for_whom
}

# An ARN ties with its account, or, of S3, with its bucket.
says_for_whom if lib.names_account("arnlike", input.inputs.sourceArn)

says_for_whom if lib.is_one(input.inputs.sourceAccount)
