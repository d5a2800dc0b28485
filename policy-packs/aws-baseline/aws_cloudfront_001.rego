# METADATA
# title: Distributions do not answer plain HTTP
# description: What is sent over HTTP can be read and changed on its way.
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/cloudfront-controls.html#cloudfront-3
# custom:
#   id: AWS-CLOUDFRONT-001
#   severity: high
#   level: mandatory
#   scope: resource
#   types:
#     - "aws:cloudfront/distribution:Distribution"
#     - "aws:cloudfront/multitenantDistribution:MultitenantDistribution"
#   unknown: undetermined
#   frameworks:
#     pci-dss-4.0: ["4.2.1"]
#     iso-27001-2022: ["A.8.24"]
#   remediation: "Set `{path}` of {urn} to `redirect-to-https` or `https-only`."
package aws.cloudfront_001

import rego.v1

deny contains {"path": ["defaultCacheBehavior", "viewerProtocolPolicy"], "actual": "allow-all", "expected": "redirect-to-https", "msg": "viewers may use plain HTTP"} if {
	input.inputs.defaultCacheBehavior.viewerProtocolPolicy == "allow-all"
}

deny contains {"path": ["orderedCacheBehaviors", i, "viewerProtocolPolicy"], "actual": "allow-all", "expected": "redirect-to-https", "msg": "viewers may use plain HTTP"} if {
	input.inputs.orderedCacheBehaviors[i].viewerProtocolPolicy == "allow-all"
}

# A distribution for several tenants names them differently.
deny contains {"path": ["cacheBehaviors", i, "viewerProtocolPolicy"], "actual": "allow-all", "expected": "redirect-to-https", "msg": "viewers may use plain HTTP"} if {
	input.inputs.cacheBehaviors[i].viewerProtocolPolicy == "allow-all"
}
