# METADATA
# title: Images are encrypted with a KMS key
# description: "With a key, access to images can be taken away at the key."
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/ecr-controls.html#ecr-5
# custom:
#   id: AWS-ECR-003
#   severity: low
#   level: advisory
#   scope: resource
#   types:
#     - "aws:ecr/repository:Repository"
#   unknown: undetermined
#   frameworks:
#     iso-27001-2022: ["A.8.24"]
#   remediation: "Set `encryptionType: KMS` in `encryptionConfigurations` of {urn}; this replaces the repository."
package aws.ecr_003

import rego.v1

deny contains {"path": ["encryptionConfigurations", 0, "encryptionType"], "expected": "KMS", "msg": "the images are not encrypted with a KMS key"} if {
	not uses_kms
}

uses_kms if startswith(input.inputs.encryptionConfigurations[_].encryptionType, "KMS")
