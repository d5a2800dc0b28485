# METADATA
# title: Kafka is encrypted in transit
# description: "Without TLS, records cross the network in the clear."
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/msk-controls.html#msk-1
# custom:
#   id: AWS-MSK-001
#   severity: high
#   level: mandatory
#   scope: resource
#   types:
#     - "aws:msk/cluster:Cluster"
#   unknown: undetermined
#   frameworks:
#     pci-dss-4.0: ["4.2.1"]
#     iso-27001-2022: ["A.8.24"]
#   remediation: "Set `encryptionInfo.encryptionInTransit.clientBroker: TLS` on {urn}, and remove `inCluster: false`."
package aws.msk_001

import rego.v1

# The default is TLS alone, between clients and brokers and among brokers.
deny contains {"path": ["encryptionInfo", "encryptionInTransit", "clientBroker"], "actual": setting, "expected": "TLS", "msg": "clients may speak in the clear"} if {
	setting := input.inputs.encryptionInfo.encryptionInTransit.clientBroker
	setting != "TLS"
}

deny contains {"path": ["encryptionInfo", "encryptionInTransit", "inCluster"], "actual": false, "expected": true, "msg": "brokers speak in the clear"} if {
	input.inputs.encryptionInfo.encryptionInTransit.inCluster == false
}
