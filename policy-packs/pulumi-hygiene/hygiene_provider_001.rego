# METADATA
# title: Providers hold no credentials
# description: "A credential in the inputs of a provider is in the state for good. One that is marked as a secret cannot be judged: it is encrypted there, and still there. A file of credentials that the program names may hold any, or a program that makes some."
# scope: package
# related_resources:
#   - ref: https://www.pulumi.com/docs/iac/concepts/resources/providers/
# custom:
#   id: HYGIENE-PROVIDER-001
#   severity: high
#   level: mandatory
#   scope: resource
#   types:
#     - "pulumi:providers:aws"
#     - "pulumi:providers:aws-native"
#     - "pulumi:providers:azure"
#     - "pulumi:providers:azure-native"
#     - "pulumi:providers:azuread"
#     - "pulumi:providers:gcp"
#     - "pulumi:providers:google-native"
#     - "pulumi:providers:kubernetes"
#     - "pulumi:providers:cloudflare"
#     - "pulumi:providers:digitalocean"
#     - "pulumi:providers:datadog"
#     - "pulumi:providers:github"
#     - "pulumi:providers:gitlab"
#     - "pulumi:providers:vault"
#     - "pulumi:providers:docker"
#     - "pulumi:providers:docker-build"
#     - "pulumi:providers:postgresql"
#     - "pulumi:providers:mysql"
#     - "pulumi:providers:mongodbatlas"
#     - "pulumi:providers:snowflake"
#     - "pulumi:providers:okta"
#     - "pulumi:providers:auth0"
#     - "pulumi:providers:hcloud"
#     - "pulumi:providers:linode"
#     - "pulumi:providers:newrelic"
#     - "pulumi:providers:pagerduty"
#     - "pulumi:providers:fastly"
#     - "pulumi:providers:confluentcloud"
#     - "pulumi:providers:rabbitmq"
#     - "pulumi:providers:oci"
#     - "pulumi:providers:consul"
#     - "pulumi:providers:nomad"
#     - "pulumi:providers:grafana"
#   unknown: undetermined
#   remediation: "Remove `{path}` from the provider {urn}; let it take its credentials from the environment or from the identity of the job."
package hygiene.provider_001

import rego.v1

import data.hygiene.kubeconfig

held["accessKey"] := input.inputs.accessKey

held["secretKey"] := input.inputs.secretKey

held["token"] := input.inputs.token

held["clientSecret"] := input.inputs.clientSecret

held["clientCertificate"] := input.inputs.clientCertificate

held["clientCertificatePassword"] := input.inputs.clientCertificatePassword

held["credentials"] := input.inputs.credentials

held["accessToken"] := input.inputs.accessToken

held["apiToken"] := input.inputs.apiToken

held["apiKey"] := input.inputs.apiKey

held["apiUserServiceKey"] := input.inputs.apiUserServiceKey

held["appKey"] := input.inputs.appKey

held["kubeconfig"] := input.inputs.kubeconfig

held["password"] := input.inputs.password

held["privateKey"] := input.inputs.privateKey

held["privateKeyPassphrase"] := input.inputs.privateKeyPassphrase

held["authToken"] := input.inputs.authToken

held["secretAccessKey"] := input.inputs.secretAccessKey

held["keyMaterial"] := input.inputs.keyMaterial

held["registryAuth"] := input.inputs.registryAuth

held["registries"] := input.inputs.registries

held["assumeRoleWithWebIdentity"] := input.inputs.assumeRoleWithWebIdentity

# What such a file says, such as `credential_process`, nobody sees here.
named["sharedConfigFiles"] := input.inputs.sharedConfigFiles

named["sharedCredentialsFiles"] := input.inputs.sharedCredentialsFiles

named["sharedCredentialsFile"] := input.inputs.sharedCredentialsFile

deny contains {"path": [property], "msg": "the provider takes credentials from a file that the program names"} if {
	some property, value in named
	not value in {"", null, "[]"}
	not value in [[]]
}

deny contains {"path": [property], "msg": "the provider holds a credential"} if {
	some property, value in held
	not is_harmless(property, value)
}

is_harmless(_, value) if value in {"", null}

# A kubeconfig may say only where the cluster is and which program gives a token, or be the path of a file.
is_harmless("kubeconfig", value) if not kubeconfig.holds_credential(value)

is_harmless(property, value) if {
	property in {"registryAuth", "registries"}
	not holds_password(value)
}

is_harmless("assumeRoleWithWebIdentity", value) if not holds_token(value)

holds_password(value) if {
	password := structure(value)[_].password
	not password in {"", null}
}

# A registry may be given alone.
holds_password(value) if {
	password := structure(value).password
	not password in {"", null}
}

holds_password(value) if not structure(value)

holds_token(value) if {
	token := structure(value).webIdentityToken
	not token in {"", null}
}

holds_token(value) if not structure(value)

# Inputs of providers that are not text arrive as JSON in text.
structure(value) := value if not is_string(value)

structure(value) := json.unmarshal(value) if {
	substring(trim_space(value), 0, 1) in {"{", "["}
	json.is_valid(value)
}
