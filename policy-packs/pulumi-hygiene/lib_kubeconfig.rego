# What a kubeconfig says, as an object, as JSON, or as YAML. Only what a rule passes in is read.
package hygiene.kubeconfig

import rego.v1

document(kubeconfig) := kubeconfig if is_object(kubeconfig)

document(kubeconfig) := json.unmarshal(kubeconfig) if is_json(kubeconfig)

is_json(kubeconfig) if {
	startswith(trim_space(kubeconfig), "{")
	json.is_valid(kubeconfig)
}

# Text that is no JSON: YAML, or the path of a file.
is_text(kubeconfig) if {
	is_string(kubeconfig)
	not is_json(kubeconfig)
}

is_path(kubeconfig) if {
	is_text(kubeconfig)
	trim_space(kubeconfig) != ""
	not contains(kubeconfig, "\n")
	not contains(kubeconfig, ": ")
}

# Escapes, anchors, tags and keys with a question mark are other ways to write what is looked for here.
is_plain(text) if not regex.match(`\\|(?m)(^|[\s,\[{:-])[?&*!%|>]`, text)

# The values that are given to a key, up to the end of their lines, without quotes and comments.
values(text, key) := {value |
	some found in regex.find_all_string_submatch_n(concat("", [`(?mi)(?:^|[\s,{\[-])["']?`, key, `["']?[ \t]*:([^\n]*)$`]), text, -1)
	value := trim(trim_space(split(concat("", [found[1], " "]), " #")[0]), "\"'")
}

# The names in YAML, in upper case, also where more stands on the line.
names(text) := {name |
	some value in values(text, "name")
	name := upper(trim(split(split(value, ",")[0], "}")[0], " \t\"'"))
}

# A token, a password or a key.
holds_credential(kubeconfig) if {
	some member in {"token", "password", "client-key-data", "auth-provider"}
	value := document(kubeconfig).users[_].user[member]
	not value in {"", null}
}

holds_credential(kubeconfig) if is_credential(upper(document(kubeconfig).users[_].user.exec.env[_].name))

holds_credential(kubeconfig) if {
	is_text(kubeconfig)
	not is_path(kubeconfig)
	not is_plain(kubeconfig)
}

holds_credential(kubeconfig) if {
	is_text(kubeconfig)
	some key in {"token", "password", "client-key-data", "auth-provider"}
	count(values(kubeconfig, key)) > 0
}

holds_credential(kubeconfig) if {
	is_text(kubeconfig)
	some name in names(kubeconfig)
	is_credential(name)
}

is_credential(variable) if variable in {"AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AZURE_CLIENT_SECRET", "AAD_SERVICE_PRINCIPAL_CLIENT_SECRET"}

# Whether the cluster may be anybody.
is_unchecked(kubeconfig) if {
	value := document(kubeconfig).clusters[_].cluster["insecure-skip-tls-verify"]
	not value in {false, null}
}

is_unchecked(kubeconfig) if {
	is_text(kubeconfig)
	some value in values(kubeconfig, "insecure-skip-tls-verify")
	value != "false"
}

# Whether requests go through a proxy.
has_proxy(kubeconfig) if {
	value := document(kubeconfig).clusters[_].cluster["proxy-url"]
	not value in {"", null}
}

has_proxy(kubeconfig) if {
	is_text(kubeconfig)
	some value in values(kubeconfig, "proxy-url")
	value != ""
}

# The programs that are run for a token.
programs(kubeconfig) := {program |
	some user in document(kubeconfig).users
	exec := user.user.exec
	exec != null
	program := object.get(exec, "command", "")
} if {
	not is_text(kubeconfig)
}

# Of YAML that is not plain nobody knows.
programs(kubeconfig) := values(kubeconfig, "command") | {"?" | not is_plain(kubeconfig)} if {
	is_text(kubeconfig)
	not is_path(kubeconfig)
}

# Variables with which a known program becomes another one, or asks somebody else.
variables(kubeconfig) := {variable |
	variable := upper(document(kubeconfig).users[_].user.exec.env[_].name)
	is_steering(variable)
} if {
	not is_text(kubeconfig)
}

variables(kubeconfig) := {variable |
	some variable in names(kubeconfig)
	is_steering(variable)
} if {
	is_text(kubeconfig)
}

is_steering(variable) if variable in {"PATH", "PYTHONPATH", "PYTHONSTARTUP", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_CA_BUNDLE"}

is_steering(variable) if endswith(variable, "_PROXY")

is_steering(variable) if startswith(variable, "LD_")

is_steering(variable) if startswith(variable, "AWS_ENDPOINT_URL")
