# METADATA
# title: Providers speak to their own service, and check who it is
# description: "Another endpoint or proxy gets every request with its credentials; without TLS checks anybody on the way does. A kubeconfig says all of this, and which program is run for a token."
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
#   parameters:
#     programs: {type: strings, default: ["aws", "aws-iam-authenticator", "az", "doctl", "gke-gcloud-auth-plugin", "kubelogin", "oci"]}
#   remediation: "Remove `{path}` from the provider {urn}, or of a kubeconfig what is said about it; of programs it may name {programs}."
package hygiene.provider_002

import rego.v1

import data.hygiene.kubeconfig

elsewhere["endpoints"] := input.inputs.endpoints

elsewhere["httpProxy"] := input.inputs.httpProxy

elsewhere["httpsProxy"] := input.inputs.httpsProxy

elsewhere["customEndpoint"] := input.inputs.customEndpoint

elsewhere["customCaBundle"] := input.inputs.customCaBundle

elsewhere["ec2MetadataServiceEndpoint"] := input.inputs.ec2MetadataServiceEndpoint

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

deny contains {"path": ["kubeconfig"], "msg": "the cluster is not checked: `insecure-skip-tls-verify`"} if kubeconfig.is_unchecked(input.inputs.kubeconfig)

deny contains {"path": ["kubeconfig"], "msg": "requests go through a proxy: `proxy-url`"} if kubeconfig.has_proxy(input.inputs.kubeconfig)

deny contains {"path": ["kubeconfig"], "msg": "a program that nobody knows is run for a token"} if {
	some program in kubeconfig.programs(input.inputs.kubeconfig)
	not program in input.params.programs
}

deny contains {"path": ["kubeconfig"], "msg": concat("", ["the program that is run for a token is steered by `", variable, "`"])} if {
	some variable in kubeconfig.variables(input.inputs.kubeconfig)
}

# A file that comes with the program says what it wants, and is not read here.
deny contains {"path": ["kubeconfig"], "actual": input.inputs.kubeconfig, "expected": own, "msg": "the kubeconfig is a file that the program names"} if {
	kubeconfig.is_path(input.inputs.kubeconfig)
	trim_space(input.inputs.kubeconfig) != own
}

own := "~/.kube/config"
