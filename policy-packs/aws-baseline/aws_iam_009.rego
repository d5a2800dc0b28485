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
#     - "aws:ssoadmin/permissionSetInlinePolicy:PermissionSetInlinePolicy"
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

# As a part of a permission set.
deny contains {"path": ["inlinePolicy"], "msg": "any role may be passed on"} if {
	some statement in lib.allowing(input.inputs.inlinePolicy)
	passes_any_role(statement)
}

passes_any_role(statement) if {
	lib.may_allow(statement, "iam:passrole")
	is_any_role(statement)
	not says_to_whom(statement)
}

is_any_role(statement) if {
	some resource in lib.list(statement.resource)
	matches_any_role(resource)
}

# Everything but something, unless that is the roles.
is_any_role(statement) if {
	resources := lib.list(statement.notresource)
	every resource in resources {
		not matches_every_role(resource)
	}
}

matches_every_role(resource) if lib.is_everything(resource)

matches_every_role(resource) if endswith(resource, ":iam::*:role/*")

# A pattern that is no whole ARN: its wildcard may stand for the rest.
matches_any_role(resource) if {
	count(split(resource, ":")) < 6
	lib.may_match(resource, "arn:aws:iam::000000000000:role/any-role-there-is")
}

# A whole ARN names roles if something is left of their name without its wildcards.
matches_any_role(resource) if {
	parts := split(lower(resource), ":")
	count(parts) > 5
	lib.may_match(parts[2], "iam")
	name := concat(":", array.slice(parts, 5, count(parts)))
	name != strings.replace_n({"*": "", "?": ""}, name)
	names_nothing(strings.replace_n({"*": "", "?": ""}, name))
}

names_nothing(name) if startswith("role/", name)

names_nothing(name) if {
	startswith(name, "role/")
	count(trim(trim_prefix(name, "role/"), "/")) < 3
}

says_to_whom(statement) if {
	some operator, conditions in statement.condition
	lib.plain_operator(operator) in {"stringequals", "stringlike", "arnequals", "arnlike"}
	some key, values in conditions
	count(lib.list(values)) > 0
	every value in lib.list(values) {
		names_service(lower(key), value)
	}
}

# `ecs-tasks.amazonaws.com`: the service is what stands first.
names_service("iam:passedtoservice", value) if lib.is_one(split(value, ".")[0])

# `arn:aws:ec2:*:*:instance/*`: the service is the third part.
names_service("iam:associatedresourcearn", value) if lib.is_one(split(value, ":")[2])
