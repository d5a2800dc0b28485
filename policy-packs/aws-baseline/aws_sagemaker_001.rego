# METADATA
# title: Notebooks have no way to the Internet of their own
# description: Data leaves a notebook with such a way past every control of the network.
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/sagemaker-controls.html#sagemaker-1
# custom:
#   id: AWS-SAGEMAKER-001
#   severity: high
#   level: mandatory
#   scope: resource
#   types:
#     - "aws:sagemaker/notebookInstance:NotebookInstance"
#   unknown: undetermined
#   frameworks:
#     iso-27001-2022: ["A.8.12"]
#   remediation: "Set `directInternetAccess: Disabled`, `subnetId` and `securityGroups` on {urn}."
package aws.sagemaker_001

import rego.v1

# The default is to have one.
deny contains {"path": ["directInternetAccess"], "expected": "Disabled", "msg": "the notebook reaches the Internet directly"} if {
	not input.inputs.directInternetAccess == "Disabled"
}
