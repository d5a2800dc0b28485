# METADATA
# title: Clusters keep their audit logs
# description: Without them nobody can tell later who did what in the cluster.
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/eks-controls.html#eks-8
# custom:
#   id: AWS-EKS-003
#   severity: medium
#   level: advisory
#   scope: resource
#   types:
#     - "aws:eks/cluster:Cluster"
#   unknown: undetermined
#   parameters:
#     types: {type: strings, default: ["api", "audit", "authenticator"]}
#   frameworks:
#     pci-dss-4.0: ["10.2.1"]
#     iso-27001-2022: ["A.8.15"]
#   remediation: "Add {types} to `enabledClusterLogTypes` of {urn}."
package aws.eks_003

import rego.v1

deny contains {"path": ["enabledClusterLogTypes"], "expected": input.params.types, "msg": concat("", ["the logs `", type, "` are not kept"])} if {
	some type in input.params.types
	not is_kept[type]
}

is_kept[type] if some type in input.inputs.enabledClusterLogTypes
