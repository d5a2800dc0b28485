# METADATA
# title: Documents of Systems Manager are not public
# description: A public document shows everybody what runs on your instances.
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/ssm-controls.html#ssm-4
# custom:
#   id: AWS-SSM-002
#   severity: high
#   level: mandatory
#   scope: resource
#   types:
#     - "aws:ssm/document:Document"
#   unknown: undetermined
#   frameworks:
#     pci-dss-4.0: ["1.4.4"]
#     iso-27001-2022: ["A.8.3"]
#   remediation: "Replace `All` at `{path}` of {urn} by the accounts that need the document."
package aws.ssm_002

import rego.v1

# `permissions` is a map whose keys the provider passes on as they are.
deny contains {"path": ["permissions", "account_ids"], "msg": "everybody may read the document"} if {
	some account in split(input.inputs.permissions.account_ids, ",")
	lower(trim_space(account)) == "all"
}
