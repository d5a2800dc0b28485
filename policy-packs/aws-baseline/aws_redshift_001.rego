# METADATA
# title: Warehouses are encrypted
# description: Disks and snapshots hold the data of the whole company.
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/redshift-controls.html#redshift-10
# custom:
#   id: AWS-REDSHIFT-001
#   severity: high
#   level: mandatory
#   scope: resource
#   types:
#     - "aws:redshift/cluster:Cluster"
#   unknown: undetermined
#   frameworks:
#     pci-dss-4.0: ["3.5.1"]
#     iso-27001-2022: ["A.8.24"]
#   remediation: "Remove `encrypted: false` from {urn}."
package aws.redshift_001

import rego.v1

import data.aws.lib

# The default is on since version 7 of the provider, which holds the boolean as text.
deny contains {"path": ["encrypted"], "expected": true, "msg": "the warehouse is not encrypted"} if {
	lib.is_false(input.inputs.encrypted)
}
