package hygiene.kubeconfig_test

import rego.v1

import data.hygiene.kubeconfig

with_user(user) := {"users": [{"name": "it", "user": user}]}

with_cluster(cluster) := {"clusters": [{"name": "it", "cluster": cluster}]}

test_credentials if {
	every user in [{"token": "abc"}, {"password": "abc"}, {"client-key-data": "abc"}, {"auth-provider": {"name": "gcp"}}] {
		kubeconfig.holds_credential(with_user(user))
		kubeconfig.holds_credential(json.marshal(with_user(user)))
	}
	every text in [
		"users:\n- user:\n    token: abc", "users: [{user: {token: abc}}]", "users:\n- user:\n    'password' : abc", "users:\n- user: {\"client-key-data\": abc}",
		"users:\n- user:\n    exec:\n      env:\n      - name: AWS_SECRET_ACCESS_KEY\n        value: abc", "users:\n- user:\n    \"\\x74oken\": abc",
		"users:\n- user:\n    ? token\n    : abc", "users:\n- user:\n    !!str token: abc",
	] {
		kubeconfig.holds_credential(text)
	}
}

test_no_credentials if {
	every given in [
		{}, "{}", "", "~/.kube/config", with_user({"exec": {"command": "aws", "args": ["get-token"]}}), with_user({"token": ""}), with_user({"tokenFile": "/run/token"}),
		"users:\n- user:\n    exec:\n      command: aws\n      args: [get-token]\n",
	] {
		not kubeconfig.holds_credential(given)
	}
}

test_checks if {
	kubeconfig.is_unchecked(with_cluster({"insecure-skip-tls-verify": true}))
	kubeconfig.is_unchecked(json.marshal(with_cluster({"insecure-skip-tls-verify": true})))
	kubeconfig.is_unchecked("clusters:\n- cluster:\n    insecure-skip-tls-verify: yes")
	kubeconfig.is_unchecked("clusters: [{cluster: {insecure-skip-tls-verify: true}}]")
	not kubeconfig.is_unchecked(with_cluster({"insecure-skip-tls-verify": false}))
	not kubeconfig.is_unchecked("clusters:\n- cluster:\n    insecure-skip-tls-verify: false # never\n")
	not kubeconfig.is_unchecked(with_cluster({"server": "https://192.0.2.1"}))
}

test_proxies if {
	kubeconfig.has_proxy(with_cluster({"proxy-url": "http://192.0.2.1"}))
	kubeconfig.has_proxy("clusters:\n- cluster:\n    proxy-url: http://192.0.2.1")
	not kubeconfig.has_proxy(with_cluster({"server": "https://192.0.2.1"}))
	not kubeconfig.has_proxy("clusters:\n- cluster:\n    server: https://192.0.2.1")
}

test_programs if {
	kubeconfig.programs(with_user({"exec": {"command": "aws"}})) == {"aws"}
	kubeconfig.programs(json.marshal(with_user({"exec": {"command": "./get"}}))) == {"./get"}
	kubeconfig.programs(with_user({"exec": {}})) == {""}
	kubeconfig.programs(with_user({"token": "abc"})) == set()
	kubeconfig.programs("users:\n- user:\n    exec:\n      command: \"aws\" # of the image\n") == {"aws"}
	kubeconfig.programs("users: [{user: {exec: {command: aws}}}]") == {"aws}}}]"}
	kubeconfig.programs("users:\n- user:\n    exec:\n      command: aws,/../get") == {"aws,/../get"}
	"?" in kubeconfig.programs("users:\n- user:\n    exec:\n      ? command\n      : ./get")
	"?" in kubeconfig.programs("users:\n- user:\n    exec:\n      \"comm\\x61nd\": ./get")
	not kubeconfig.programs("~/.kube/config")
}

test_variables if {
	kubeconfig.variables(with_user({"exec": {"command": "aws", "env": [{"name": "AWS_PROFILE"}, {"name": "AWS_CONFIG_FILE"}]}})) == {"AWS_CONFIG_FILE"}
	kubeconfig.variables("users:\n- name: it\n  user:\n    exec:\n      env:\n      - name: Path\n        value: .\n      - {name: https_proxy}\n      - {\"name\": 'AWS_CA_BUNDLE', value: x}") == {"PATH", "HTTPS_PROXY", "AWS_CA_BUNDLE"}
	kubeconfig.variables({}) == set()
}

test_paths if {
	kubeconfig.is_path("~/.kube/config")
	not kubeconfig.is_path("users:\n- user: {}")
	not kubeconfig.is_path("users: []")
	not kubeconfig.is_path("{}")
	not kubeconfig.is_path("")
}
