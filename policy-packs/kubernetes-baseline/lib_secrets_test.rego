package k8s.secrets_test

import rego.v1

import data.k8s.secrets

test_secrets_have_many_names if {
	every name in ["DB_PASSWORD", "dbPassword", "API_KEY", "api-key", "stripe.secret", "GITHUB_TOKEN", "AWS_ACCESS_KEY_ID", "TLS_PRIVATE_KEY_PEM"] {
		secrets.is_secret(name)
	}
}

test_what_is_about_a_secret_is_none if {
	every name in ["DB_PASSWORD_FILE", "TOKEN_TTL", "SECRET_NAME", "MAX_TOKENS", "KEYBOARD", "tokenizer.json", "PATH"] {
		not secrets.is_secret(name)
	}
}

test_keys_are_known_by_what_they_are if {
	secrets.is_key("AKIAIOSFODNN7EXAMPLE")
	secrets.is_key("-----BEGIN EC PRIVATE KEY-----\nabc")
	secrets.is_key("ghp_000000000000000000000000000000000000")
	not secrets.is_key("-----BEGIN CERTIFICATE-----\nabc")
	not secrets.is_key("AKIA is what keys begin with")
	not secrets.is_key("ghp_")
}
