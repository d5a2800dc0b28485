# METADATA
# title: Buckets are encrypted with an algorithm that is allowed
# description: "A stack that must use its own keys allows `aws:kms` alone."
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/AmazonS3/latest/userguide/serv-side-encryption.html
# custom:
#   id: AWS-S3-011
#   severity: medium
#   level: mandatory
#   scope: resource
#   types:
#     - "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
#     - "aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2"
#   unknown: undetermined
#   parameters:
#     algorithms: {type: strings, default: ["AES256", "aws:kms", "aws:kms:dsse"]}
#   frameworks:
#     pci-dss-4.0: ["3.5.1"]
#     iso-27001-2022: ["A.8.24"]
#   remediation: "Set `{path}` of {urn} to one of {algorithms}."
package aws.s3_011

import rego.v1

deny contains {"path": ["rules", i, "applyServerSideEncryptionByDefault", "sseAlgorithm"], "actual": algorithm, "msg": "the encryption algorithm is not one of those that are allowed"} if {
	algorithm := input.inputs.rules[i].applyServerSideEncryptionByDefault.sseAlgorithm
	not algorithm in input.params.algorithms
}
