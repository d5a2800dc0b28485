# METADATA
# title: Tags of images do not change
# description: A tag that can be moved can be moved onto another image than the one that was tested.
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/ecr-controls.html#ecr-2
# custom:
#   id: AWS-ECR-001
#   severity: medium
#   level: mandatory
#   scope: resource
#   types:
#     - "aws:ecr/repository:Repository"
#   unknown: undetermined
#   frameworks:
#     iso-27001-2022: ["A.8.32"]
#   remediation: "Set `imageTagMutability: IMMUTABLE` on {urn}."
package aws.ecr_001

import rego.v1

# The default lets tags be moved.
deny contains {"path": ["imageTagMutability"], "expected": "IMMUTABLE", "msg": "tags may be moved to other images"} if {
	not is_immutable
}

is_immutable if input.inputs.imageTagMutability in {"IMMUTABLE", "IMMUTABLE_WITH_EXCLUSION"}
