# METADATA
# title: Resources are no programs of their own
# description: A command or a dynamic resource does whatever its code says, at every create, update and delete, with the rights of the run. No preview shows what.
# scope: package
# related_resources:
#   - ref: https://www.pulumi.com/docs/iac/concepts/resources/dynamic-providers/
#   - ref: https://www.pulumi.com/registry/packages/command/
# custom:
#   id: HYGIENE-CODE-001
#   severity: critical
#   level: mandatory
#   scope: resource
#   types:
#     - "*"
#   unknown: irrelevant
#   remediation: "Replace {urn} by a resource of a provider; run programs where the work belongs, such as in an image or a pipeline."
package hygiene.code_001

import rego.v1

deny contains {"actual": input.type, "msg": "the resource runs a program"} if is_program

is_program if {
	some prefix in {"command:", "pulumi-nodejs:dynamic", "pulumi-python:dynamic", "pulumi:providers:pulumi-nodejs", "pulumi:providers:pulumi-python"}
	startswith(input.type, prefix)
}

is_program if input.type == "pulumi:providers:command"
