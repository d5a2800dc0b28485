# METADATA
# title: Warehouses are not public
# description: A public endpoint exposes the data of the whole company to the Internet.
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/redshift-controls.html#redshift-1
# custom:
#   id: AWS-REDSHIFT-002
#   severity: critical
#   level: mandatory
#   scope: resource
#   types:
#     - "aws:redshift/cluster:Cluster"
#     - "aws:redshiftserverless/workgroup:Workgroup"
#   unknown: undetermined
#   frameworks:
#     pci-dss-4.0: ["1.4.4"]
#     iso-27001-2022: ["A.8.20"]
#   remediation: "Set `publiclyAccessible: false` on {urn}; if clients outside need access, use a VPN or a private endpoint."
package aws.redshift_002

import rego.v1

# The default is private.
deny contains {"path": ["publiclyAccessible"], "actual": true, "expected": false, "msg": "the warehouse is public"} if {
	input.inputs.publiclyAccessible == true
}
