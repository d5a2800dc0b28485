# METADATA
# title: Parameters do not turn off TLS
# description: "Without TLS, queries and passwords cross the network in the clear."
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.SSL.html
# custom:
#   id: AWS-RDS-008
#   severity: medium
#   level: mandatory
#   scope: resource
#   types:
#     - "aws:rds/parameterGroup:ParameterGroup"
#     - "aws:rds/clusterParameterGroup:ClusterParameterGroup"
#   unknown: undetermined
#   frameworks:
#     pci-dss-4.0: ["4.2.1"]
#     iso-27001-2022: ["A.8.24"]
#   remediation: "Remove the parameter at `{path}` from {urn}, or set it to 1."
package aws.rds_008

import rego.v1

# What is not said stays as the engine has it.
deny contains {"path": ["parameters", i, "value"], "expected": "1", "msg": concat("", ["`", name, "` is off"])} if {
	name := input.inputs.parameters[i].name
	name in {"rds.force_ssl", "require_secure_transport"}
	is_off(input.inputs.parameters[i].value)
}

is_off(value) if lower(value) in {"0", "off", "false"}

is_off(value) if value in {0, false}
