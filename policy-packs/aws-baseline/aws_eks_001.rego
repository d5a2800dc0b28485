# METADATA
# title: The API of a cluster is not open to the world
# description: Whoever reaches the API can try every stolen token and every weakness on it.
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/eks-controls.html#eks-1
# custom:
#   id: AWS-EKS-001
#   severity: high
#   level: mandatory
#   scope: resource
#   types:
#     - "aws:eks/cluster:Cluster"
#   unknown: undetermined
#   frameworks:
#     pci-dss-4.0: ["1.4.4"]
#     iso-27001-2022: ["A.8.20"]
#   remediation: "Set `vpcConfig.endpointPublicAccess: false` and `vpcConfig.endpointPrivateAccess: true` on {urn}, or list your networks in `vpcConfig.publicAccessCidrs`."
package aws.eks_001

import rego.v1

import data.aws.lib

# Without a word the API is public, for everybody.
deny contains {"path": ["vpcConfig", "publicAccessCidrs"], "msg": "the API of the cluster is open to the world"} if {
	is_public
	not is_narrowed
}

deny contains {"path": ["vpcConfig", "publicAccessCidrs", i], "actual": cidr, "msg": "the API of the cluster is open to the world"} if {
	is_public
	cidr := input.inputs.vpcConfig.publicAccessCidrs[i]
	lib.is_world(cidr)
}

is_public if not input.inputs.vpcConfig.endpointPublicAccess == false

is_narrowed if count(input.inputs.vpcConfig.publicAccessCidrs) > 0
