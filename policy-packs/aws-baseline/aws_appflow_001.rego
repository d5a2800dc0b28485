# METADATA
# title: Flows use keys of the account
# description: "With a key of your own, access to the data can be taken away at the key."
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/appflow/latest/userguide/data-protection.html
# custom:
#   id: AWS-APPFLOW-001
#   severity: low
#   level: advisory
#   scope: resource
#   types:
#     - "aws:appflow/flow:Flow"
#     - "aws:appflow/connectorProfile:ConnectorProfile"
#   unknown: undetermined
#   frameworks:
#     iso-27001-2022: ["A.8.24"]
#   remediation: "Set `kmsArn` of {urn} to the ARN of a KMS key of yours."
package aws.appflow_001

import rego.v1

import data.aws.lib

deny contains {"path": ["kmsArn"], "msg": "the data is encrypted with a key of AWS's"} if {
	not has_key
}

has_key if lib.is_given(input.inputs.kmsArn)
