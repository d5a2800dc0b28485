# METADATA
# title: Prefix lists do not hold the Internet
# description: "A security group that admits a prefix list admits all that is in it, and its rule shows no address."
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/vpc/latest/userguide/managed-prefix-lists.html
# custom:
#   id: AWS-EC2-012
#   severity: high
#   level: mandatory
#   scope: resource
#   types:
#     - "aws:ec2/managedPrefixList:ManagedPrefixList"
#     - "aws:ec2/managedPrefixListEntry:ManagedPrefixListEntry"
#   unknown: undetermined
#   frameworks:
#     cis-aws-3.0: ["5.2", "5.3"]
#     pci-dss-4.0: ["1.3.1"]
#     iso-27001-2022: ["A.8.20"]
#   remediation: "Narrow the addresses at `{path}` of {urn} to the networks that are meant."
package aws.ec2_012

import rego.v1

import data.aws.lib

deny contains {"path": ["entries", i, "cidr"], "actual": cidr, "msg": "the prefix list holds the whole Internet"} if {
	cidr := input.inputs.entries[i].cidr
	lib.is_world(cidr)
}

deny contains {"path": ["cidr"], "actual": input.inputs.cidr, "msg": "the prefix list holds the whole Internet"} if lib.is_world(input.inputs.cidr)
