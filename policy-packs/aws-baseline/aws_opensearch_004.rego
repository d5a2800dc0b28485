# METADATA
# title: Search domains are inside a network
# description: "A domain outside of a network has an address on the Internet, and its access policy alone in front."
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/opensearch-controls.html#opensearch-2
# custom:
#   id: AWS-OPENSEARCH-004
#   severity: high
#   level: mandatory
#   scope: resource
#   types:
#     - "aws:opensearch/domain:Domain"
#     - "aws:elasticsearch/domain:Domain"
#   unknown: undetermined
#   frameworks:
#     pci-dss-4.0: ["1.4.4"]
#     iso-27001-2022: ["A.8.20"]
#   remediation: "Set `vpcOptions` with private subnets and security groups on {urn}; this replaces a domain that is public."
package aws.opensearch_004

import rego.v1

# How many subnets there are is what counts.
deny contains {"path": ["vpcOptions", "subnetIds"], "msg": "the domain has an address on the Internet"} if {
	not is_inside
}

is_inside if count(input.inputs.vpcOptions.subnetIds) > 0
