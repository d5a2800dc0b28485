# METADATA
# title: Users get their rights through groups
# description: Rights that hang on single users stay when the person moves on.
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/iam-controls.html#iam-2
# custom:
#   id: AWS-IAM-005
#   severity: low
#   level: advisory
#   scope: resource
#   types:
#     - "aws:iam/userPolicy:UserPolicy"
#     - "aws:iam/userPolicyAttachment:UserPolicyAttachment"
#     - "aws:iam/policyAttachment:PolicyAttachment"
#     - "aws:iam/userPolicyAttachmentsExclusive:UserPolicyAttachmentsExclusive"
#   unknown: undetermined
#   frameworks:
#     cis-aws-3.0: ["1.15"]
#     pci-dss-4.0: ["7.2.2"]
#     iso-27001-2022: ["A.5.18"]
#   remediation: "Attach the policy of {urn} to a group, or better to a role, and remove this resource."
package aws.iam_005

import rego.v1

# These two exist for nothing else.
deny contains {"msg": "a policy is attached to a user"} if {
	input.type in {"aws:iam/userPolicy:UserPolicy", "aws:iam/userPolicyAttachment:UserPolicyAttachment"}
}

deny contains {"path": ["users"], "msg": "a policy is attached to users"} if count(input.inputs.users) > 0

# A list that is empty takes policies away.
deny contains {"path": ["policyArns"], "msg": "policies are attached to a user"} if count(input.inputs.policyArns) > 0
