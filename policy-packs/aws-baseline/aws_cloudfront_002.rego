# METADATA
# title: Distributions demand TLS 1.2
# description: Older versions of TLS have known weaknesses.
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/cloudfront-controls.html#cloudfront-15
# custom:
#   id: AWS-CLOUDFRONT-002
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
#   remediation: "Set `viewerCertificate.minimumProtocolVersion: TLSv1.2_2021` on {urn}."
package aws.cloudfront_002

import rego.v1

# Only a certificate of one's own lets one choose; without a choice CloudFront takes TLS 1.0.
deny contains {"path": ["viewerCertificate", "minimumProtocolVersion"], "expected": "TLSv1.2_2021", "msg": "viewers may use an old version of TLS"} if {
	not input.inputs.viewerCertificate.cloudfrontDefaultCertificate == true
	not is_modern
}

is_modern if {
	some prefix in {"TLSv1.2_", "TLSv1.3_"}
	startswith(input.inputs.viewerCertificate.minimumProtocolVersion, prefix)
}
