# METADATA
# title: Workgroups impose their settings
# description: "Where a client may choose, it may also choose not to encrypt."
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/athena/latest/ug/workgroups-settings-override.html
# custom:
#   id: AWS-ATHENA-002
#   severity: medium
#   level: mandatory
#   scope: resource
#   types:
#     - "aws:athena/workgroup:Workgroup"
#   unknown: undetermined
#   frameworks:
#     iso-27001-2022: ["A.8.9"]
#   remediation: "Remove `configuration.enforceWorkgroupConfiguration: false` from {urn}."
package aws.athena_002

import rego.v1

# The default is to impose them.
deny contains {"path": ["configuration", "enforceWorkgroupConfiguration"], "actual": false, "expected": true, "msg": "clients may set aside the settings of the workgroup"} if {
	input.inputs.configuration.enforceWorkgroupConfiguration == false
}
