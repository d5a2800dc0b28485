# METADATA
# title: Caches of tables are encrypted
# description: A cache in front of a table holds the same data as the table.
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/dynamodb-controls.html#dynamodb-3
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/dynamodb-controls.html#dynamodb-7
# custom:
#   id: AWS-DAX-001
#   severity: medium
#   level: mandatory
#   scope: resource
#   types:
#     - "aws:dax/cluster:Cluster"
#   unknown: undetermined
#   frameworks:
#     pci-dss-4.0: ["3.5.1", "4.2.1"]
#     iso-27001-2022: ["A.8.24"]
#   remediation: "Set `serverSideEncryption.enabled: true` and `clusterEndpointEncryptionType: TLS` on {urn}; both replace a cluster that exists."
package aws.dax_001

import rego.v1

# The defaults are no encryption, at rest and in transit.
deny contains {"path": ["serverSideEncryption", "enabled"], "expected": true, "msg": "the cache is not encrypted at rest"} if {
	not input.inputs.serverSideEncryption.enabled == true
}

deny contains {"path": ["clusterEndpointEncryptionType"], "expected": "TLS", "msg": "the cache is not encrypted in transit"} if {
	not input.inputs.clusterEndpointEncryptionType == "TLS"
}
