# METADATA
# title: Streams are encrypted
# description: Shards hold the records until they expire.
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/kinesis-controls.html#kinesis-1
# custom:
#   id: AWS-KINESIS-001
#   severity: medium
#   level: mandatory
#   scope: resource
#   types:
#     - "aws:kinesis/stream:Stream"
#   unknown: undetermined
#   frameworks:
#     pci-dss-4.0: ["3.5.1"]
#     iso-27001-2022: ["A.8.24"]
#   remediation: "Set `encryptionType: KMS` and `kmsKeyId: alias/aws/kinesis` on {urn}, or a key of yours."
package aws.kinesis_001

import rego.v1

# The default is no encryption.
deny contains {"path": ["encryptionType"], "expected": "KMS", "msg": "the stream is not encrypted"} if {
	not input.inputs.encryptionType == "KMS"
}
