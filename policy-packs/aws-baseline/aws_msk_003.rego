# METADATA
# title: Kafka asks who connects
# description: A cluster that says nothing about clients admits everybody in its network.
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/msk-controls.html#msk-6
# custom:
#   id: AWS-MSK-003
#   severity: high
#   level: mandatory
#   scope: resource
#   types:
#     - "aws:msk/cluster:Cluster"
#   unknown: undetermined
#   frameworks:
#     iso-27001-2022: ["A.8.5"]
#   remediation: "Set `clientAuthentication.sasl.iam: true` on {urn}, and remove `unauthenticated: true`."
package aws.msk_003

import rego.v1

deny contains {"path": ["clientAuthentication", "unauthenticated"], "expected": false, "msg": "clients need not say who they are"} if {
	input.inputs.clientAuthentication.unauthenticated == true
}

# Without any way to say who they are, clients need not.
deny contains {"path": ["clientAuthentication"], "msg": "clients need not say who they are"} if not is_asked

is_asked if input.inputs.clientAuthentication.sasl.iam == true

is_asked if input.inputs.clientAuthentication.sasl.scram == true

is_asked if count(input.inputs.clientAuthentication.tls.certificateAuthorityArns) > 0
