# METADATA
# title: Permissions of functions are not for everybody
# description: A permission for any principal lets every account of AWS run the function.
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/lambda-controls.html#lambda-1
# custom:
#   id: AWS-LAMBDA-003
#   severity: critical
#   level: mandatory
#   scope: resource
#   types:
#     - "aws:lambda/permission:Permission"
#   unknown: undetermined
#   frameworks:
#     pci-dss-4.0: ["7.2.1"]
#     iso-27001-2022: ["A.5.15"]
#   remediation: "Set `principal` of {urn} to the account or service that runs the function, or add `principalOrgId`."
package aws.lambda_003

import rego.v1

import data.aws.lib

deny contains {"path": ["principal"], "actual": input.inputs.principal, "msg": "everybody may run the function"} if {
	lib.is_everything(input.inputs.principal)
	not is_tied
}

is_tied if lib.is_given(input.inputs.principalOrgId)
