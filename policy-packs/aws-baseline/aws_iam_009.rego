# METADATA
# title: Policies do not let every role be passed on
# description: Whoever may pass any role to a service may use the rights of any role.
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
# custom:
#   id: AWS-IAM-009
#   severity: high
#   level: mandatory
#   scope: resource
#   types:
#     - "aws:iam/policy:Policy"
#     - "aws:iam/rolePolicy:RolePolicy"
#     - "aws:iam/userPolicy:UserPolicy"
#     - "aws:iam/groupPolicy:GroupPolicy"
#     - "aws:iam/role:Role"
#   unknown: undetermined
#   frameworks:
#     pci-dss-4.0: ["7.2.2"]
#     iso-27001-2022: ["A.8.2"]
#   remediation: "List the roles that are passed at `{path}` of {urn}, and say to which service under `iam:PassedToService`."
package aws.iam_009

import rego.v1

import data.aws.lib

deny contains {"path": ["policy"], "msg": "any role may be passed on"} if {
	some statement in lib.allowing(input.inputs.policy)
	passes_any_role(statement)
}

deny contains {"path": ["inlinePolicies", i, "policy"], "msg": "any role may be passed on"} if {
	some statement in lib.allowing(input.inputs.inlinePolicies[i].policy)
	passes_any_role(statement)
}

passes_any_role(statement) if {
	some action in lib.list(statement.action)
	lib.may_match(action, "iam:passrole")
	some resource in lib.list(statement.resource)
	is_any_role(resource)
	not says_to_whom(statement)
}

is_any_role(resource) if lib.is_everything(resource)

is_any_role(resource) if endswith(resource, ":role/*")

says_to_whom(statement) if {
	some operator, conditions in statement.condition
	lower(operator) in {"stringequals", "stringlike"}
	some key, values in conditions
	lower(key) in {"iam:passedtoservice", "iam:associatedresourcearn"}
	every value in lib.list(values) {
		is_string(value)
		not lib.is_everything(value)
	}
}
