# METADATA
# title: Passwords are long and new
# description: "A short or old password is guessed, or known already."
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/iam-controls.html#iam-15
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/iam-controls.html#iam-16
# custom:
#   id: AWS-IAM-004
#   severity: medium
#   level: mandatory
#   scope: resource
#   types:
#     - "aws:iam/accountPasswordPolicy:AccountPasswordPolicy"
#   unknown: undetermined
#   parameters:
#     length: {type: integer, default: 14}
#     reuse: {type: integer, default: 24}
#   frameworks:
#     cis-aws-3.0: ["1.8", "1.9"]
#     pci-dss-4.0: ["8.3.6", "8.3.7"]
#     iso-27001-2022: ["A.5.17"]
#   remediation: "Set `minimumPasswordLength` of {urn} to at least {length}, and `passwordReusePrevention` to at least {reuse}."
package aws.iam_004

import rego.v1

# Without a word the minimum is six characters, and old passwords may come back.
deny contains {"path": ["minimumPasswordLength"], "expected": input.params.length, "msg": "passwords may be short"} if {
	not is_long
}

deny contains {"path": ["passwordReusePrevention"], "expected": input.params.reuse, "msg": "old passwords may be used again"} if {
	not is_new
}

is_long if to_number(input.inputs.minimumPasswordLength) >= input.params.length

is_new if to_number(input.inputs.passwordReusePrevention) >= input.params.reuse
