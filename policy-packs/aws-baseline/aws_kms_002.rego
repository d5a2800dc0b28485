# METADATA
# title: Data is encrypted with keys of the account
# description: "With a key of your own, access to the data can be seen and taken away at the key."
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html
# custom:
#   id: AWS-KMS-002
#   severity: low
#   level: advisory
#   scope: resource
#   types:
#     - "aws:rds/instance:Instance"
#     - "aws:rds/cluster:Cluster"
#     - "aws:docdb/cluster:Cluster"
#     - "aws:neptune/cluster:Cluster"
#     - "aws:redshift/cluster:Cluster"
#     - "aws:efs/fileSystem:FileSystem"
#     - "aws:ebs/volume:Volume"
#     - "aws:secretsmanager/secret:Secret"
#   unknown: undetermined
#   frameworks:
#     iso-27001-2022: ["A.8.24"]
#   remediation: "Set `{path}` of {urn} to the ARN of a KMS key of yours."
package aws.kms_002

import rego.v1

import data.aws.lib

deny contains {"path": ["kmsKeyId"], "msg": "the data is not encrypted with a key of the account"} if {
	input.type != neptune
	not has_key
}

deny contains {"path": ["kmsKeyArn"], "msg": "the data is not encrypted with a key of the account"} if {
	input.type == neptune
	not has_key
}

neptune := "aws:neptune/cluster:Cluster"

has_key if lib.is_given(input.inputs.kmsKeyId)

has_key if lib.is_given(input.inputs.kmsKeyArn)
