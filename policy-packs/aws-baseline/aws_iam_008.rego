# METADATA
# title: Roles for outside identities say whose
# description: "A role that trusts all of an identity provider can be taken by every pipeline or service account that the provider knows. A subject ties only where whose it is stands before its first wildcard."
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
#   remediation: "Add a condition on the subject to `assumeRolePolicy` of {urn}, such as `token.actions.githubusercontent.com:sub` with the value `repo:OWNER/NAME:ref:refs/heads/main`, and let no wildcard stand in the owner or the name."
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
	lib.plain_operator(operator) in {"stringequals", "stringlike"}
	some key, values in conditions
	endswith(lower(key), ":sub")
	count(lib.list(values)) > 0
	every value in lib.list(values) {
		is_narrow(value)
	}
}

# A subject is that of one pipeline, or says whose it is before its first wildcard.
is_narrow(value) if lib.is_one(value)

is_narrow(value) if {
	parts := plain_parts(value)
	parts[0] != "repo"
	some part in parts
	not part in words
}

# Of GitHub: the owner, the repository, and the colon behind it.
is_narrow(value) if {
	parts := plain_parts(value)
	parts[0] == "repo"
	count(parts) > 2
	split(value, ":")[1] == concat("/", [parts[1], parts[2]])
}

# The parts before the first wildcard, without one that it is in: whoever can choose the end of a name can be anybody.
plain_parts(value) := [part | some part in array.slice(parts, 0, count(parts) - 1); part != ""] if {
	not contains(value, "$")
	start := split(replace(value, "?", "*"), "*")[0]
	parts := split(replace(start, "/", ":"), ":")
}

# What says of which kind the next part is, and not whose.
words := {
	"", "deploy", "enterprise", "environment", "environments", "org", "organization", "owner", "pipeline", "project", "project_path",
	"pulumi", "repo", "repository", "repository_owner", "serviceaccount", "system", "user", "workspace",
}
