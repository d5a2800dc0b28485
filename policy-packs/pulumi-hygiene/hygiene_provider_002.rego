# METADATA
# title: Providers speak to their own service, and check who it is
# description: Another endpoint or proxy gets every request with its credentials; without TLS checks anybody on the way does.
# scope: package
# related_resources:
#   - ref: https://www.pulumi.com/registry/packages/aws/installation-configuration/
# custom:
#   id: HYGIENE-PROVIDER-002
#   severity: high
#   level: mandatory
#   scope: resource
#   types:
#     - "pulumi:providers:aws"
#     - "pulumi:providers:aws-native"
#     - "pulumi:providers:azure"
#     - "pulumi:providers:azure-native"
#     - "pulumi:providers:gcp"
#     - "pulumi:providers:google-native"
#     - "pulumi:providers:cloudflare"
#     - "pulumi:providers:digitalocean"
#     - "pulumi:providers:github"
#     - "pulumi:providers:gitlab"
#     - "pulumi:providers:oci"
#     - "pulumi:providers:vault"
#     - "pulumi:providers:kubernetes"
#     - "pulumi:providers:docker"
#   unknown: undetermined
#   remediation: "Remove `{path}` from the provider {urn}."
package hygiene.provider_002

import rego.v1

elsewhere["endpoints"] := input.inputs.endpoints

elsewhere["httpProxy"] := input.inputs.httpProxy

elsewhere["httpsProxy"] := input.inputs.httpsProxy

elsewhere["customEndpoint"] := input.inputs.customEndpoint

unchecked["insecure"] := input.inputs.insecure

unchecked["skipTlsVerify"] := input.inputs.skipTlsVerify

unchecked["insecureSkipVerify"] := input.inputs.insecureSkipVerify

# Inputs of providers that are not text arrive as JSON in text.
deny contains {"path": [property], "msg": "requests go elsewhere"} if {
	some property, value in elsewhere
	not value in {"", null, "[]", "{}"}
	not value in [[], {}]
}

deny contains {"path": [property], "expected": false, "msg": "the service is not checked"} if {
	some property, value in unchecked
	not value in {false, "false", null, ""}
}
