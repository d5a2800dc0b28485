# METADATA
# title: A bucket says who owns it
# description: Whoever finds a bucket must be able to find out whom to ask.
# scope: package
# custom:
#   id: {rule}
#   severity: low
#   level: mandatory
#   scope: resource
#   types: ["aws:s3/bucket:Bucket"]
#   unknown: undetermined
#   parameters:
#     tag: {type: string, default: owner}
#   remediation: "Add the tag {tag} to {urn}, with the name of a team."
package rules.{stem}

import rego.v1

deny contains {"path": ["tags"], "msg": "the bucket has no owner"} if {
	not is_owned
}

is_owned if input.inputs.tags[input.params.tag] != ""
