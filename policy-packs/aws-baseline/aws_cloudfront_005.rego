# METADATA
# title: Distributions have a web application firewall
# description: A firewall stops common attacks before they reach the application.
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/cloudfront-controls.html#cloudfront-6
# custom:
#   id: AWS-CLOUDFRONT-005
#   severity: low
#   level: advisory
#   scope: resource
#   types:
#     - "aws:cloudfront/distribution:Distribution"
#     - "aws:cloudfront/multitenantDistribution:MultitenantDistribution"
#   unknown: undetermined
#   frameworks:
#     pci-dss-4.0: ["6.4.2"]
#     iso-27001-2022: ["A.8.20"]
#   remediation: "Set `webAclId` of {urn} to the ARN of a web ACL of WAFv2 with scope `CLOUDFRONT`."
package aws.cloudfront_005

import rego.v1

import data.aws.lib

deny contains {"path": ["webAclId"], "msg": "the distribution has no web ACL"} if {
	not is_guarded
}

is_guarded if lib.is_given(input.inputs.webAclId)
