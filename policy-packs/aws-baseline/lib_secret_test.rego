package aws.lib_secret_test

import rego.v1

import data.aws.lib_secret

test_names if {
	lib_secret.names_secret("DB_PASSWORD")
	lib_secret.names_secret("githubToken")
	not lib_secret.names_secret("STAGE")
}

test_literals if {
	lib_secret.is_literal("hunter2")
	not lib_secret.is_literal(" ")
	not lib_secret.is_literal("arn:aws:secretsmanager:eu-central-1:1:secret:db")
	not lib_secret.is_literal("/prod/db/password")
}

test_keys if {
	lib_secret.holds_key("export AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE\n")
	lib_secret.holds_key("key: \"ASIAIOSFODNN7EXAMPLE\"")
	lib_secret.holds_key("-----BEGIN RSA PRIVATE KEY-----")
	not lib_secret.holds_key("-----BEGIN PUBLIC KEY-----")
	not lib_secret.holds_key("AKIA")
	not lib_secret.holds_key("yum install -y nginx")
}
