package hygiene.secrets_test

import rego.v1

import data.hygiene.secrets

test_secrets_have_many_names if {
	every name in ["password", "masterPassword", "API_KEY", "client-secret", "accessToken", "connectionString"] {
		secrets.is_name(name)
	}
}

test_what_is_about_a_secret_is_none if {
	every name in ["secretArn", "passwordPolicy", "tokenTtl", "secretName", "keyId", 0] {
		not secrets.is_name(name)
	}
}

test_keys_are_known_by_what_they_are if {
	secrets.is_key("ASIAIOSFODNN7EXAMPLE")
	secrets.is_key("-----BEGIN OPENSSH PRIVATE KEY-----")
	secrets.is_key("glpat-00000000000000000000")
	not secrets.is_key("AKIA-OSFODNN7-EXAMPL")
	not secrets.is_key("-----BEGIN CERTIFICATE-----")
}

test_random_text if {
	secrets.is_random("aB3dE5fG7hI9jK1lM3nO5pQ7")
	secrets.is_random("0123456789abcdef0123456789abcdef")
	secrets.is_random("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY01")
}

test_text_of_people if {
	every text in ["changeme", "the password of the database", "aaaaaaaaaaaaaaaaaaaaaaaa1", "arn:aws:iam::111122223333:role/web-0a1b2c3d", null, {}] {
		not secrets.is_random(text)
	}
}
