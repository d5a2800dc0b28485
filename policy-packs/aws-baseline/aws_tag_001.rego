# METADATA
# title: Resources say who owns them
# description: Without an owner nobody can be asked. Default tags of the provider are not visible here, so this only warns.
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html
# custom:
#   id: AWS-TAG-001
#   severity: low
#   level: advisory
#   scope: resource
#   types:
#     - "aws:s3/bucket:Bucket"
#     - "aws:rds/instance:Instance"
#     - "aws:rds/cluster:Cluster"
#     - "aws:dynamodb/table:Table"
#     - "aws:ec2/securityGroup:SecurityGroup"
#     - "aws:ec2/instance:Instance"
#     - "aws:lambda/function:Function"
#     - "aws:kms/key:Key"
#     - "aws:sqs/queue:Queue"
#     - "aws:sns/topic:Topic"
#     - "aws:ebs/volume:Volume"
#   unknown: undetermined
#   parameters:
#     required: {type: strings, default: ["owner"]}
#   frameworks:
#     iso-27001-2022: ["A.5.9"]
#   remediation: "Add the tag at `{path}` to {urn}; required are {required}."
package aws.tag_001

import rego.v1

deny contains {"path": ["tags", tag], "msg": concat("", ["the tag `", tag, "` is missing"])} if {
	some tag in input.params.required
	not has(tag)
}

has(tag) if trim_space(input.inputs.tags[tag]) != ""
