# METADATA
# title: Existing things are not taken over unseen
# description: After an import the stack may change and delete what somebody else made.
# scope: package
# related_resources:
#   - ref: https://www.pulumi.com/docs/iac/concepts/options/import/
# custom:
#   id: HYGIENE-STATE-004
#   severity: medium
#   level: mandatory
#   scope: resource
#   types:
#     - "*"
#   unknown: irrelevant
#   remediation: "Remove the `import` option of {urn}; a person imports what the stack is to own."
package hygiene.state_004

import rego.v1

deny contains {"actual": input.op, "msg": "the stack takes over what it did not make"} if startswith(input.op, "import")
