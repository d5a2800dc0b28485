# What secrets look like. Only what a rule passes in is read.
package hygiene.secrets

import rego.v1

words := {
	"password", "passwd", "passphrase", "secret", "token", "credential", "credentials", "apikey", "privatekey", "accesskey",
	"secretkey", "connectionstring",
}

# Whether a property is named like a secret, and not like something about one: its ARN, its name, its lifetime.
is_name(name) if {
	plain := replace(replace(lower(name), "-", ""), "_", "")
	some word in words
	endswith(plain, word)
}

# Text that is a key whatever its name is.
is_key(text) if {
	contains(text, "-----BEGIN ")
	contains(text, "PRIVATE KEY-----")
}

is_key(text) if {
	some prefix in {"AKIA", "ASIA"}
	startswith(text, prefix)
	count(text) == 20
	trim(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == ""
}

is_key(text) if {
	some prefix in {"ghp_", "gho_", "ghs_", "github_pat_", "glpat-", "xoxb-", "xoxp-", "sk_live_", "rk_live_"}
	startswith(text, prefix)
	count(text) >= 20
}

# Text that nobody made up by hand: long, in one piece, digits among letters, and few characters twice.
is_random(text) if {
	is_string(text)
	count(text) >= 20
	count(text) <= 512
	not is_reference(text)
	trim(lower(text), "abcdefghijklmnopqrstuvwxyz0123456789+/=_-.!@#$%^&*~?") == ""
	characters := {character | some character in split(text, "")}
	count(characters) >= 10
	count(characters & {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}) >= 3
}

is_reference(text) if {
	some prefix in {"arn:", "/", "http://", "https://", "projects/", "urn:", "data:"}
	startswith(text, prefix)
}
