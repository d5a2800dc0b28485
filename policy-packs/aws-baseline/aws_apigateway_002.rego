# METADATA
# title: Stages of APIs log their access
# description: Access logs show who asked for what.
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/apigateway-controls.html#apigateway-9
# custom:
#   id: AWS-APIGATEWAY-002
#   severity: medium
#   level: advisory
#   scope: resource
#   types:
#     - "aws:apigateway/stage:Stage"
#     - "aws:apigatewayv2/stage:Stage"
#   unknown: undetermined
#   frameworks:
#     pci-dss-4.0: ["10.2.1"]
#     iso-27001-2022: ["A.8.15"]
#   remediation: "Set `accessLogSettings` with a log group and a format on {urn}."
package aws.apigateway_002

import rego.v1

import data.aws.lib

# The format is known at preview where the log group is not.
deny contains {"path": ["accessLogSettings", "format"], "msg": "the stage logs no access"} if {
	not is_logged
}

is_logged if lib.is_given(input.inputs.accessLogSettings.format)
