# METADATA
# title: Trails are on
# description: A trail that is turned off is the first thing an attacker wants.
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/best-practices-security.html
# custom:
#   id: AWS-CLOUDTRAIL-004
#   severity: critical
#   level: mandatory
#   scope: resource
#   types:
#     - "aws:cloudtrail/trail:Trail"
#   unknown: undetermined
#   frameworks:
#     cis-aws-3.0: ["3.1"]
#     pci-dss-4.0: ["10.2.1"]
#     iso-27001-2022: ["A.8.15"]
#   remediation: "Remove `enableLogging: false` from {urn}."
package aws.cloudtrail_004

import rego.v1

# The default is on.
deny contains {"path": ["enableLogging"], "actual": false, "expected": true, "msg": "the trail is turned off"} if {
	input.inputs.enableLogging == false
}
