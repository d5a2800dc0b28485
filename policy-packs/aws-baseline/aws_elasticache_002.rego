# METADATA
# title: Caches are encrypted at rest
# description: Snapshots and swapped pages hold what the cache holds.
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/elasticache-controls.html#elasticache-4
# custom:
#   id: AWS-ELASTICACHE-002
#   severity: medium
#   level: mandatory
#   scope: resource
#   types:
#     - "aws:elasticache/replicationGroup:ReplicationGroup"
#   unknown: undetermined
#   frameworks:
#     pci-dss-4.0: ["3.5.1"]
#     iso-27001-2022: ["A.8.24"]
#   remediation: "Set `atRestEncryptionEnabled: true` on {urn}."
package aws.elasticache_002

import rego.v1

import data.aws.lib

deny contains {"path": ["atRestEncryptionEnabled"], "expected": true, "msg": "the cache is not encrypted at rest"} if {
	not is_encrypted
}

is_encrypted if lib.is_true(input.inputs.atRestEncryptionEnabled)

# Valkey is encrypted unless somebody turns it off; Redis is not, and is the default.
is_encrypted if {
	input.inputs.engine == "valkey"
	not is_off
}

is_off if lib.is_false(input.inputs.atRestEncryptionEnabled)
