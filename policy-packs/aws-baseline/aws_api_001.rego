# METADATA
# title: "Resources are of types that rules know"
# description: "What is hidden in a template, in a document for the Cloud Control API or behind another provider of AWS is read by no rule of this pack: an open security group would pass."
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/cloudcontrolapi/latest/userguide/what-is-cloudcontrolapi.html
# custom:
#   id: AWS-API-001
#   severity: high
#   level: mandatory
#   scope: resource
#   types:
#     - "*"
#   unknown: irrelevant
#   frameworks:
#     iso-27001-2022: ["A.8.32"]
#   remediation: "Write what {urn} makes as resources of the provider `aws`, such as `aws.ec2.SecurityGroup`, and remove {urn}."
package aws.api_001

import rego.v1

deny contains {"actual": input.type, "msg": "no rule sees what the resource makes"} if input.type in generic

# Another provider of AWS has names of its own for the same resources; so has the provider of Terraform, bridged by its name.
deny contains {"actual": input.type, "msg": "no rule knows the types of this provider"} if {
	some prefix in {"aws-native:", "aws:index/"}
	startswith(input.type, prefix)
}

generic := {
	"aws:cloudcontrol/resource:Resource",
	"aws:cloudformation/stack:Stack",
	"aws:cloudformation/stackSet:StackSet",
	"aws:cloudformation/stackSetInstance:StackSetInstance",
	"aws:cloudformation/stackInstances:StackInstances",
	"aws:serverlessrepository/cloudFormationStack:CloudFormationStack",
	"aws:servicecatalog/provisionedProduct:ProvisionedProduct",
}
