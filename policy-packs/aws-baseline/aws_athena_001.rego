# METADATA
# title: Results of queries are encrypted
# description: Results hold the same data as the tables.
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/athena/latest/ug/encrypting-query-results-stored-in-s3.html
# custom:
#   id: AWS-ATHENA-001
#   severity: medium
#   level: mandatory
#   scope: resource
#   types:
#     - "aws:athena/workgroup:Workgroup"
#     - "aws:athena/database:Database"
#   unknown: undetermined
#   frameworks:
#     pci-dss-4.0: ["3.5.1"]
#     iso-27001-2022: ["A.8.24"]
#   remediation: "Set `{path}` of {urn} to `SSE_KMS` or `SSE_S3`."
package aws.athena_001

import rego.v1

# Results in storage of Athena's own are always encrypted.
deny contains {"path": ["configuration", "resultConfiguration", "encryptionConfiguration", "encryptionOption"], "expected": "SSE_KMS", "msg": "the results are not encrypted"} if {
	input.type == "aws:athena/workgroup:Workgroup"
	not workgroup_is_encrypted
	not input.inputs.configuration.managedQueryResultsConfiguration.enabled == true
}

deny contains {"path": ["encryptionConfiguration", "encryptionOption"], "expected": "SSE_KMS", "msg": "the results are not encrypted"} if {
	input.type == "aws:athena/database:Database"
	not database_is_encrypted
}

workgroup_is_encrypted if input.inputs.configuration.resultConfiguration.encryptionConfiguration.encryptionOption in options

database_is_encrypted if input.inputs.encryptionConfiguration.encryptionOption in options

options := {"SSE_S3", "SSE_KMS", "CSE_KMS"}
