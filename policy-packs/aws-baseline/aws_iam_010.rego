# METADATA
# title: Policies do not allow whole services everywhere
# description: All actions on all resources of a service are more than any program needs.
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/iam-controls.html#iam-21
# custom:
#   id: AWS-IAM-010
#   severity: medium
#   level: advisory
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
#   remediation: "List the actions and the resources that are needed at `{path}` of {urn}."
package aws.iam_010

import rego.v1

import data.aws.lib

deny contains {"path": ["policy"], "msg": concat("", ["`", action, "` is allowed everywhere"])} if {
	some statement in lib.allowing(input.inputs.policy)
	some action in whole_services(statement)
}

deny contains {"path": ["inlinePolicies", i, "policy"], "msg": concat("", ["`", action, "` is allowed everywhere"])} if {
	some statement in lib.allowing(input.inputs.inlinePolicies[i].policy)
	some action in whole_services(statement)
}

# As a part of a permission set.
deny contains {"path": ["inlinePolicy"], "msg": concat("", ["`", action, "` is allowed everywhere"])} if {
	some statement in lib.allowing(input.inputs.inlinePolicy)
	some action in whole_services(statement)
}

whole_services(statement) := {action |
	some resource in lib.list(statement.resource)
	lib.is_everything(resource)
	some action in lib.list(statement.action)
	endswith(action, ":*")
	not lib.is_everything(action)
}
