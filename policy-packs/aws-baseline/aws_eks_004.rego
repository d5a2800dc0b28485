# METADATA
# title: Nodes do not open SSH to the world
# description: A node group with a key and no security group opens port 22 to everybody.
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/eks/latest/APIReference/API_RemoteAccessConfig.html
# custom:
#   id: AWS-EKS-004
#   severity: high
#   level: mandatory
#   scope: resource
#   types:
#     - "aws:eks/nodeGroup:NodeGroup"
#   unknown: undetermined
#   frameworks:
#     cis-aws-3.0: ["5.2"]
#     pci-dss-4.0: ["1.3.1"]
#     iso-27001-2022: ["A.8.20"]
#   remediation: "Remove `remoteAccess` from {urn} and use Session Manager, or set `remoteAccess.sourceSecurityGroupIds`."
package aws.eks_004

import rego.v1

import data.aws.lib

deny contains {"path": ["remoteAccess", "sourceSecurityGroupIds"], "msg": "SSH to the nodes is open to the world"} if {
	lib.is_given(input.inputs.remoteAccess.ec2SshKey)
	not is_narrowed
}

is_narrowed if count(input.inputs.remoteAccess.sourceSecurityGroupIds) > 0
