# METADATA
# title: Parameters that hold secrets are secure strings
# description: A plain parameter is shown to everybody who may list parameters.
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/systems-manager/latest/userguide/secure-string-parameter-kms-encryption.html
# custom:
#   id: AWS-SSM-001
#   severity: high
#   level: mandatory
#   scope: resource
#   types:
#     - "aws:ssm/parameter:Parameter"
#   unknown: undetermined
#   frameworks:
#     pci-dss-4.0: ["8.3.2"]
#     iso-27001-2022: ["A.5.17"]
#   remediation: "Set `type: SecureString` on {urn}, and remove `insecureValue`."
package aws.ssm_001

import rego.v1

import data.aws.lib_secret

deny contains {"path": ["type"], "actual": input.inputs.type, "expected": "SecureString", "msg": "a secret is kept in a plain parameter"} if {
	lib_secret.names_secret(input.inputs.name)
	input.inputs.type != "SecureString"
}

deny contains {"path": ["insecureValue"], "msg": "a key is kept in a plain parameter"} if lib_secret.holds_key(input.inputs.insecureValue)
