# METADATA
# title: Trails are encrypted with a key of the account
# description: "With a key of your own, reading the bucket is not enough to read the logs."
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/cloudtrail-controls.html#cloudtrail-2
# custom:
#   id: AWS-CLOUDTRAIL-003
#   severity: medium
#   level: advisory
#   scope: resource
#   types:
#     - "aws:cloudtrail/trail:Trail"
#   unknown: undetermined
#   frameworks:
#     cis-aws-3.0: ["3.5"]
#     pci-dss-4.0: ["10.3.2"]
#     iso-27001-2022: ["A.8.24"]
#   remediation: "Set `kmsKeyId` of {urn} to the ARN of a KMS key that CloudTrail may use."
package aws.cloudtrail_003

import rego.v1

import data.aws.lib

deny contains {"path": ["kmsKeyId"], "msg": "the logs are not encrypted with a key of the account"} if not has_key

has_key if lib.is_given(input.inputs.kmsKeyId)
