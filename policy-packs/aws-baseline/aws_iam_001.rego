# METADATA
# title: IAM policies do not allow everything on everything
# description: A principal with such a policy owns the account.
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/iam-controls.html#iam-1
# custom:
#   id: AWS-IAM-001
#   severity: critical
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
#     cis-aws-3.0: ["1.16"]
#     pci-dss-4.0: ["7.2.2"]
#     iso-27001-2022: ["A.8.2"]
#   remediation: "List the actions and the resources that are needed at `{path}` of {urn}."
package aws.iam_001

import rego.v1

import data.aws.lib

deny contains {"path": ["policy"], "msg": "the policy is not a policy document"} if {
	input.inputs.policy != null
	not lib.is_readable(input.inputs.policy)
}

deny contains {"path": ["inlinePolicies", i, "policy"], "msg": "the policy is not a policy document"} if {
	lib.is_written(input.inputs.inlinePolicies[i].policy)
	not lib.is_readable(input.inputs.inlinePolicies[i].policy)
}

deny contains {"path": ["policy"], "msg": "the policy allows everything on everything"} if {
	some statement in lib.allowing(input.inputs.policy)
	is_admin(statement)
}

deny contains {"path": ["inlinePolicies", i, "policy"], "msg": "the policy allows everything on everything"} if {
	some statement in lib.allowing(input.inputs.inlinePolicies[i].policy)
	is_admin(statement)
}

deny contains {"path": ["inlinePolicy"], "msg": "the policy is not a policy document"} if {
	lib.is_written(input.inputs.inlinePolicy)
	not lib.is_readable(input.inputs.inlinePolicy)
}

# As a part of a permission set.
deny contains {"path": ["inlinePolicy"], "msg": "the policy allows everything on everything"} if {
	some statement in lib.allowing(input.inputs.inlinePolicy)
	is_admin(statement)
}

is_admin(statement) if {
	some action in lib.list(statement.action)
	lib.is_everything(action)
	is_everywhere(statement)
}

# Everything but something is nearly everything.
is_admin(statement) if {
	statement.notaction
	is_everywhere(statement)
}

is_everywhere(statement) if {
	some resource in lib.list(statement.resource)
	lib.is_everything(resource)
}

is_everywhere(statement) if statement.notresource
