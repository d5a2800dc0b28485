# METADATA
# title: Identity pools do not admit guests
# description: A guest of an identity pool gets credentials of AWS without saying who he is.
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/cognito-controls.html#cognito-2
# custom:
#   id: AWS-COGNITO-001
#   severity: medium
#   level: mandatory
#   scope: resource
#   types:
#     - "aws:cognito/identityPool:IdentityPool"
#   unknown: undetermined
#   frameworks:
#     iso-27001-2022: ["A.8.5"]
#   remediation: "Set `allowUnauthenticatedIdentities: false` on {urn}."
package aws.cognito_001

import rego.v1

# The default is no guests.
deny contains {"path": ["allowUnauthenticatedIdentities"], "actual": true, "expected": false, "msg": "guests get credentials"} if {
	input.inputs.allowUnauthenticatedIdentities == true
}
