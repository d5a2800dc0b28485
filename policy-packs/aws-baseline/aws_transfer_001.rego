# METADATA
# title: File transfer does not use FTP
# description: FTP sends passwords and files in the clear.
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/transfer-controls.html#transfer-2
# custom:
#   id: AWS-TRANSFER-001
#   severity: high
#   level: mandatory
#   scope: resource
#   types:
#     - "aws:transfer/server:Server"
#   unknown: undetermined
#   frameworks:
#     pci-dss-4.0: ["4.2.1"]
#     iso-27001-2022: ["A.8.24"]
#   remediation: "Remove `FTP` from `protocols` of {urn}; use `SFTP`."
package aws.transfer_001

import rego.v1

deny contains {"path": ["protocols", i], "actual": "FTP", "expected": "SFTP", "msg": "the server speaks FTP"} if {
	input.inputs.protocols[i] == "FTP"
}
