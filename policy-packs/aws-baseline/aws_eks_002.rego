# METADATA
# title: Secrets of a cluster are encrypted with a key of the account
# description: "With a key of your own, access to the secrets can be taken away at the key."
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/eks-controls.html#eks-3
# custom:
#   id: AWS-EKS-002
#   severity: medium
#   level: advisory
#   scope: resource
#   types:
#     - "aws:eks/cluster:Cluster"
#   unknown: undetermined
#   frameworks:
#     iso-27001-2022: ["A.8.24"]
#   remediation: "Set `encryptionConfig` with `resources: [secrets]` and a KMS key on {urn}."
package aws.eks_002

import rego.v1

# The resources are known at preview where the key is not.
deny contains {"path": ["encryptionConfig", "resources"], "expected": ["secrets"], "msg": "the secrets are not encrypted with a key of the account"} if {
	not is_encrypted
}

is_encrypted if "secrets" in input.inputs.encryptionConfig.resources
