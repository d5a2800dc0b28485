# What looks like a secret. Nothing is read but what a rule passes in.
package aws.lib_secret

import rego.v1

words := {"secret", "password", "passwd", "token", "api_key", "apikey", "private_key", "access_key", "credential"}

# Whether a name promises a secret.
names_secret(name) if {
	some word in words
	contains(lower(name), word)
}

# A reference to where the secret is kept is no secret.
is_literal(value) if {
	trim_space(value) != ""
	not startswith(value, "arn:")
	not startswith(value, "/")
}

is_access_key(value) if {
	some prefix in {"AKIA", "ASIA"}
	startswith(value, prefix)
	count(value) == 20
}

# What ends a word in a script or a configuration file.
ends := {"\n": " ", "\r": " ", "\t": " ", "=": " ", ":": " ", "\"": " ", "'": " ", ",": " ", ";": " "}

# Whether a longer text holds a key.
holds_key(text) if {
	some word in split(strings.replace_n(ends, text), " ")
	is_access_key(word)
}

holds_key(text) if {
	contains(text, "-----BEGIN ")
	contains(text, "PRIVATE KEY-----")
}
