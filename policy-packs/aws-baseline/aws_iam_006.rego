# METADATA
# title: Long-lived access keys are not active
# description: "A key that does not expire works for whoever finds it, and its secret is in the state."
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_access-keys.html
# custom:
#   id: AWS-IAM-006
#   severity: high
#   level: advisory
#   scope: resource
#   types:
#     - "aws:iam/accessKey:AccessKey"
#   unknown: undetermined
#   frameworks:
#     iso-27001-2022: ["A.5.17"]
#   remediation: "Remove {urn}: let programs use a role, and people single sign-on. Until then set `status: Inactive`."
package aws.iam_006

import rego.v1

# A key without a status is active.
deny contains {"path": ["status"], "expected": "Inactive", "msg": "there is a long-lived access key"} if {
	not input.inputs.status == "Inactive"
}
