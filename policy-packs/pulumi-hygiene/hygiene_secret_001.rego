# METADATA
# title: Inputs hold no secrets in plain text
# description: "A plain input is plain in the state, in every preview and in the evidence. It looks at every value, and so knows little where anything is unknown: it only warns."
# scope: package
# related_resources:
#   - ref: https://www.pulumi.com/docs/iac/concepts/secrets/
# custom:
#   id: HYGIENE-SECRET-001
#   severity: high
#   level: advisory
#   scope: resource
#   types:
#     - "*"
#   unknown: undetermined
#   remediation: "Take the value at `{path}` of {urn} from a secret of the configuration or from a secret store, and change it where it is valid: it is known now."
package hygiene.secret_001

import rego.v1

import data.hygiene.secrets

deny contains {"path": path, "msg": "the value is a key"} if {
	some path, value
	walk(input.inputs, [path, value])
	secrets.is_key(value)
}

deny contains {"path": path, "msg": "the value is named like a secret, and looks like one"} if {
	some path, value
	walk(input.inputs, [path, value])
	secrets.is_name(path[count(path) - 1])
	secrets.is_random(value)
}
