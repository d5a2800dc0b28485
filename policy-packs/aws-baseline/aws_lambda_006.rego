# METADATA
# title: Functions are traced
# description: A trace shows where a request went and where it failed.
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/lambda/latest/dg/services-xray.html
# custom:
#   id: AWS-LAMBDA-006
#   severity: low
#   level: advisory
#   scope: resource
#   types:
#     - "aws:lambda/function:Function"
#   unknown: undetermined
#   frameworks:
#     iso-27001-2022: ["A.8.16"]
#   remediation: "Set `tracingConfig.mode: Active` on {urn}, and let its role write to X-Ray."
package aws.lambda_006

import rego.v1

# The default is to trace what its caller traces.
deny contains {"path": ["tracingConfig", "mode"], "expected": "Active", "msg": "the function is not traced"} if {
	not input.inputs.tracingConfig.mode == "Active"
}
