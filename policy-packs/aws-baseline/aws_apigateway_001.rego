# METADATA
# title: Domains of APIs demand TLS 1.2
# description: Older versions of TLS have known weaknesses.
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-custom-domain-tls-version.html
# custom:
#   id: AWS-APIGATEWAY-001
#   severity: medium
#   level: mandatory
#   scope: resource
#   types:
#     - "aws:apigateway/domainName:DomainName"
#     - "aws:apigatewayv2/domainName:DomainName"
#   unknown: undetermined
#   frameworks:
#     pci-dss-4.0: ["4.2.1"]
#     iso-27001-2022: ["A.8.24"]
#   remediation: "Set `{path}: TLS_1_2` on {urn}."
package aws.apigateway_001

import rego.v1

# What is not said depends on when and how the domain was made.
deny contains {"path": ["securityPolicy"], "expected": "TLS_1_2", "msg": "the domain does not demand TLS 1.2"} if {
	input.type == "aws:apigateway/domainName:DomainName"
	not rest_is_modern
}

deny contains {"path": ["domainNameConfiguration", "securityPolicy"], "expected": "TLS_1_2", "msg": "the domain does not demand TLS 1.2"} if {
	input.type == "aws:apigatewayv2/domainName:DomainName"
	not http_is_modern
}

rest_is_modern if is_modern(input.inputs.securityPolicy)

http_is_modern if is_modern(input.inputs.domainNameConfiguration.securityPolicy)

is_modern("TLS_1_2")

# The newer names carry the version behind a prefix.
is_modern(policy) if startswith(policy, "SecurityPolicy_TLS12")

is_modern(policy) if startswith(policy, "SecurityPolicy_TLS13")
