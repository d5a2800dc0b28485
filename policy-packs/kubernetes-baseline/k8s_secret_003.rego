# METADATA
# title: Config maps hold no secrets
# description: Config maps are neither encrypted nor kept from those who may read the namespace.
# scope: package
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/configuration/configmap/
# custom:
#   id: K8S-SECRET-003
#   severity: high
#   level: mandatory
#   scope: resource
#   types:
#     - "kubernetes:core/v1:ConfigMap"
#   unknown: undetermined
#   frameworks:
#     nsa-cisa: ["secrets"]
#   remediation: "Move `{path}` of {urn} into a Secret, from a value that Pulumi keeps as a secret."
package k8s.secret_003

import rego.v1

import data.k8s.secrets

deny contains {"path": ["data", key], "msg": "a key has the name of a secret"} if {
	input.inputs.data[key] != ""
	secrets.is_secret(key)
}

deny contains {"path": ["data", key], "msg": "a value is a key"} if secrets.is_key(input.inputs.data[key])
