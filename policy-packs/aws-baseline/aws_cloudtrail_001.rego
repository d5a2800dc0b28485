# METADATA
# title: Trails record all regions
# description: An attacker works where nobody records.
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/cloudtrail-controls.html#cloudtrail-1
# custom:
#   id: AWS-CLOUDTRAIL-001
#   severity: high
#   level: mandatory
#   scope: resource
#   types:
#     - "aws:cloudtrail/trail:Trail"
#   unknown: undetermined
#   frameworks:
#     cis-aws-3.0: ["3.1"]
#     pci-dss-4.0: ["10.2.1"]
#     iso-27001-2022: ["A.8.15"]
#   remediation: "Set `isMultiRegionTrail: true` on {urn}, and remove `includeGlobalServiceEvents: false`."
package aws.cloudtrail_001

import rego.v1

# The default is one region, with the events of global services.
deny contains {"path": ["isMultiRegionTrail"], "expected": true, "msg": "the trail records one region only"} if {
	not input.inputs.isMultiRegionTrail == true
}

deny contains {"path": ["includeGlobalServiceEvents"], "actual": false, "expected": true, "msg": "the trail leaves out global services such as IAM"} if {
	input.inputs.includeGlobalServiceEvents == false
}
