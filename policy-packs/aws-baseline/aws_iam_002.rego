# METADATA
# title: Administrator policies are not attached
# description: The managed administrator policies give away the account.
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/iam-controls.html#iam-1
# custom:
#   id: AWS-IAM-002
#   severity: critical
#   level: mandatory
#   scope: resource
#   types:
#     - "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
#     - "aws:iam/userPolicyAttachment:UserPolicyAttachment"
#     - "aws:iam/groupPolicyAttachment:GroupPolicyAttachment"
#     - "aws:iam/policyAttachment:PolicyAttachment"
#     - "aws:iam/role:Role"
#     - "aws:iam/rolePolicyAttachmentsExclusive:RolePolicyAttachmentsExclusive"
#     - "aws:iam/userPolicyAttachmentsExclusive:UserPolicyAttachmentsExclusive"
#     - "aws:iam/groupPolicyAttachmentsExclusive:GroupPolicyAttachmentsExclusive"
#     - "aws:ssoadmin/managedPolicyAttachment:ManagedPolicyAttachment"
#     - "aws:ssoadmin/managedPolicyAttachmentsExclusive:ManagedPolicyAttachmentsExclusive"
#   unknown: undetermined
#   frameworks:
#     cis-aws-3.0: ["1.16"]
#     pci-dss-4.0: ["7.2.2"]
#     iso-27001-2022: ["A.8.2"]
#   remediation: "Replace the policy at `{path}` of {urn} by one that lists what is needed."
package aws.iam_002

import rego.v1

is_administrator(arn) if {
	some name in {"AdministratorAccess", "IAMFullAccess", "PowerUserAccess"}
	endswith(arn, concat("/", [":iam::aws:policy", name]))
}

deny contains {"path": ["policyArn"], "actual": input.inputs.policyArn, "msg": "an administrator policy is attached"} if {
	is_administrator(input.inputs.policyArn)
}

# As a part of a permission set.
deny contains {"path": ["managedPolicyArn"], "actual": input.inputs.managedPolicyArn, "msg": "an administrator policy is attached"} if {
	is_administrator(input.inputs.managedPolicyArn)
}

deny contains {"path": ["managedPolicyArns", i], "actual": arn, "msg": "an administrator policy is attached"} if {
	arn := input.inputs.managedPolicyArns[i]
	is_administrator(arn)
}

deny contains {"path": ["policyArns", i], "actual": arn, "msg": "an administrator policy is attached"} if {
	arn := input.inputs.policyArns[i]
	is_administrator(arn)
}
