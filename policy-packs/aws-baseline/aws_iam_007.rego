# METADATA
# title: Roles do not trust everybody
# description: Who trusts any principal lets every account of AWS act with the role.
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_update-role-trust-policy.html
# custom:
#   id: AWS-IAM-007
#   severity: critical
#   level: mandatory
#   scope: resource
#   types:
#     - "aws:iam/role:Role"
#   unknown: undetermined
#   frameworks:
#     pci-dss-4.0: ["7.2.1"]
#     iso-27001-2022: ["A.5.15"]
#   remediation: "Name the accounts, roles or services in `assumeRolePolicy` of {urn}, or tie the statement with `aws:PrincipalOrgID` under `StringEquals`."
package aws.iam_007

import rego.v1

import data.aws.lib

deny contains {"path": ["assumeRolePolicy"], "msg": "the role trusts everybody"} if {
	some statement in lib.allowing(input.inputs.assumeRolePolicy)
	lib.is_for_anybody(statement)
	not lib.is_tied(statement)
}

deny contains {"path": ["assumeRolePolicy"], "msg": "the trust policy is not a policy document"} if {
	not lib.is_readable(input.inputs.assumeRolePolicy)
}
