# METADATA
# title: Distributions speak TLS to their origins
# description: Between CloudFront and the origin lies the Internet.
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/cloudfront-controls.html#cloudfront-10
# custom:
#   id: AWS-CLOUDFRONT-004
#   severity: medium
#   level: mandatory
#   scope: resource
#   types:
#     - "aws:cloudfront/distribution:Distribution"
#     - "aws:cloudfront/multitenantDistribution:MultitenantDistribution"
#   unknown: undetermined
#   frameworks:
#     pci-dss-4.0: ["4.2.1"]
#     iso-27001-2022: ["A.8.24"]
#   remediation: "Set `originProtocolPolicy: https-only` and `originSslProtocols: [TLSv1.2]` for the origin at `{path}` of {urn}. A website endpoint of S3 knows no HTTPS: use the bucket's own endpoint with origin access control."
package aws.cloudfront_004

import rego.v1

deny contains {"path": ["origins", i, "customOriginConfig", "originProtocolPolicy"], "actual": "http-only", "expected": "https-only", "msg": "the origin is asked over plain HTTP"} if {
	input.inputs.origins[i].customOriginConfig.originProtocolPolicy == "http-only"
}

deny contains {"path": ["origins", i, "customOriginConfig", "originSslProtocols", j], "actual": protocol, "expected": "TLSv1.2", "msg": "the origin may be asked with an old version of TLS"} if {
	protocol := input.inputs.origins[i].customOriginConfig.originSslProtocols[j]
	protocol in old
}

old := {"SSLv3", "TLSv1", "TLSv1.1"}

# A distribution for several tenants has a list with one of them.
deny contains {"path": ["origins", i, "customOriginConfigs", k, "originProtocolPolicy"], "actual": "http-only", "expected": "https-only", "msg": "the origin is asked over plain HTTP"} if {
	input.inputs.origins[i].customOriginConfigs[k].originProtocolPolicy == "http-only"
}

deny contains {"path": ["origins", i, "customOriginConfigs", k, "originSslProtocols", j], "actual": protocol, "expected": "TLSv1.2", "msg": "the origin may be asked with an old version of TLS"} if {
	protocol := input.inputs.origins[i].customOriginConfigs[k].originSslProtocols[j]
	protocol in old
}
