# Which names are given to secrets. Only what a rule passes in is read.
package k8s.secrets

import rego.v1

words := {
	"password", "passwd", "pwd", "passphrase", "secret", "token", "credential", "credentials",
	"apikey", "api_key", "private_key", "privatekey", "access_key", "accesskey", "secret_key", "secretkey", "encryption_key",
}

# What is named so is about a secret, and is none: where it is kept, how long it lives.
about := {
	"file", "path", "dir", "directory", "name", "arn", "id", "url", "uri", "endpoint", "host", "port", "ttl", "expiry",
	"expiration", "seconds", "minutes", "hours", "timeout", "length", "size", "issuer", "audience", "type", "enabled", "required",
}

is_secret(name) if {
	plain := replace(replace(lower(name), "-", "_"), ".", "_")
	parts := split(plain, "_")
	not parts[count(parts) - 1] in about
	some word in words
	is_in(word, plain, parts)
}

is_secret(name) if replace(lower(name), "-", "_") == "aws_access_key_id"

is_in(word, plain, _) if {
	contains(word, "_")
	contains(plain, word)
}

is_in(word, _, parts) if {
	some part in parts
	endswith(part, word)
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
	upper(text) == text
}

is_key(text) if {
	some prefix in {"ghp_", "gho_", "ghs_", "github_pat_", "glpat-", "xoxb-", "xoxp-", "sk_live_", "rk_live_"}
	startswith(text, prefix)
	count(text) >= 20
}
