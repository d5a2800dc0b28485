# METADATA
# title: EBS volumes are encrypted
# description: A snapshot of a volume in the clear is data in the clear.
# scope: package
# custom:
#   id: AWS-EBS-001
#   severity: high
#   level: mandatory
#   scope: resource
#   types:
#     - "aws:ebs/volume:Volume"
#   unknown: undetermined
#   remediation: "Set `encrypted: true` on {urn}."
package aws.ebs_001

import rego.v1

deny contains {"path": ["encrypted"], "expected": true, "msg": "the volume is not encrypted"} if {
	not input.inputs.encrypted == true
}
