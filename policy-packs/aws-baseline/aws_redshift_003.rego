# METADATA
# title: Warehouses demand TLS
# description: "Without TLS, queries and results cross the network in the clear."
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/redshift-controls.html#redshift-2
# custom:
#   id: AWS-REDSHIFT-003
#   severity: medium
#   level: mandatory
#   scope: resource
#   types:
#     - "aws:redshift/parameterGroup:ParameterGroup"
#   unknown: undetermined
#   frameworks:
#     pci-dss-4.0: ["4.2.1"]
#     iso-27001-2022: ["A.8.24"]
#   remediation: "Add the parameter `require_ssl` with the value `true` to {urn}."
package aws.redshift_003

import rego.v1

deny contains {"path": ["parameters"], "msg": "the warehouse admits connections without TLS"} if not is_demanded

is_demanded if {
	input.inputs.parameters[i].name == "require_ssl"
	lower(input.inputs.parameters[i].value) == "true"
}
