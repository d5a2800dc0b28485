# METADATA
# title: Roles for outside identities say whose
# description: A role that trusts all of an identity provider can be taken by every pipeline or service account that the provider knows.
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-idp_oidc.html
# custom:
#   id: AWS-IAM-008
#   severity: critical
#   level: mandatory
#   scope: resource
#   types:
#     - "aws:iam/role:Role"
#   unknown: undetermined
#   frameworks:
#     iso-27001-2022: ["A.5.15"]
#   remediation: "Add a condition on the subject to `assumeRolePolicy` of {urn}, such as `token.actions.githubusercontent.com:sub` with the value `repo:OWNER/NAME:ref:refs/heads/main`."
package aws.iam_008

import rego.v1

import data.aws.lib

deny contains {"path": ["assumeRolePolicy"], "msg": "the role trusts every subject of an identity provider"} if {
	some statement in lib.allowing(input.inputs.assumeRolePolicy)
	some key, value in statement.principal
	lower(key) == "federated"
	some provider in lib.list(value)
	contains(provider, ":oidc-provider/")
	not names_subject(statement)
}

names_subject(statement) if {
	some operator, conditions in statement.condition
	lower(operator) in {"stringequals", "stringlike"}
	some key, values in conditions
	endswith(lower(key), ":sub")
	every value in lib.list(values) {
		is_narrow(value)
	}
}

# Whoever can choose the part before the first wildcard can be anybody.
is_narrow(value) if {
	is_string(value)
	not trim(value, "*?:/") in {"", "repo", "organization", "project_path", "system:serviceaccount"}
	not startswith(value, "*")
	not startswith(value, "repo:*")
}
