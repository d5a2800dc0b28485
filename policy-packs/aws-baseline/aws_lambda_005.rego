# METADATA
# title: Functions run on a runtime that is supported
# description: A runtime that is out of support gets no fixes.
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
# custom:
#   id: AWS-LAMBDA-005
#   severity: medium
#   level: advisory
#   scope: resource
#   types:
#     - "aws:lambda/function:Function"
#   unknown: undetermined
#   parameters:
#     deprecated: {type: strings, default: ["nodejs", "nodejs4.3", "nodejs6.10", "nodejs8.10", "nodejs10.x", "nodejs12.x", "nodejs14.x", "nodejs16.x", "nodejs18.x", "nodejs20.x", "python2.7", "python3.6", "python3.7", "python3.8", "python3.9", "java8", "dotnetcore1.0", "dotnetcore2.0", "dotnetcore2.1", "dotnetcore3.1", "dotnet5.0", "dotnet6", "go1.x", "ruby2.5", "ruby2.7", "ruby3.2", "provided"]}
#   frameworks:
#     pci-dss-4.0: ["6.3.3"]
#     iso-27001-2022: ["A.8.8"]
#   remediation: "Set `runtime` of {urn} to a later version of {actual}, and test the function with it."
package aws.lambda_005

import rego.v1

# A function from an image brings its own.
deny contains {"path": ["runtime"], "actual": runtime, "msg": "the runtime is out of support"} if {
	runtime := input.inputs.runtime
	runtime in input.params.deprecated
}
