# METADATA
# title: Logs are kept for long enough
# description: An intrusion is often found months later.
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/cloudwatch-controls.html#cloudwatch-16
# custom:
#   id: AWS-CLOUDWATCH-001
#   severity: low
#   level: advisory
#   scope: resource
#   types:
#     - "aws:cloudwatch/logGroup:LogGroup"
#   unknown: undetermined
#   parameters:
#     days: {type: integer, default: 365}
#   frameworks:
#     pci-dss-4.0: ["10.5.1"]
#     iso-27001-2022: ["A.8.15"]
#   remediation: "Set `retentionInDays` of {urn} to at least {days}."
package aws.cloudwatch_001

import rego.v1

# No retention, and a retention of 0, keep logs for ever.
deny contains {"path": ["retentionInDays"], "actual": kept, "expected": input.params.days, "msg": "logs are not kept for long enough"} if {
	kept := input.inputs.retentionInDays
	to_number(kept) > 0
	to_number(kept) < input.params.days
}
