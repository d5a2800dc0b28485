# METADATA
# title: Distributions log their access
# description: "Access logs show who asked for what. Logging by CloudWatch log delivery is not visible here, so this only warns."
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/cloudfront-controls.html#cloudfront-5
# custom:
#   id: AWS-CLOUDFRONT-003
#   severity: medium
#   level: advisory
#   scope: resource
#   types:
#     - "aws:cloudfront/distribution:Distribution"
#   unknown: undetermined
#   frameworks:
#     pci-dss-4.0: ["10.2.1"]
#     iso-27001-2022: ["A.8.15"]
#   remediation: "Add `loggingConfig` with the bucket for the logs to {urn}."
package aws.cloudfront_003

import rego.v1

import data.aws.lib

deny contains {"path": ["loggingConfig", "bucket"], "msg": "the distribution logs no access"} if {
	not is_logged
}

is_logged if lib.is_given(input.inputs.loggingConfig.bucket)
