package hygiene.provider_002_test

import rego.v1

import data.hygiene.provider_002

test_region if count(provider_002.deny) == 0 with input as {"inputs": {"region": "eu-central-1"}}

test_empty if count(provider_002.deny) == 0 with input as {"inputs": {"endpoints": "[]", "insecure": "false"}}

test_empty_values if count(provider_002.deny) == 0 with input as {"inputs": {"endpoints": [], "insecure": false}}

test_endpoint if count(provider_002.deny) == 1 with input as {"inputs": {"endpoints": "[{\"s3\":\"http://192.0.2.1\"}]"}}

test_proxy if count(provider_002.deny) == 1 with input as {"inputs": {"httpProxy": "http://192.0.2.1:8080"}}

test_unchecked if count(provider_002.deny) == 1 with input as {"inputs": {"insecure": "true"}}

test_two if count(provider_002.deny) == 2 with input as {"inputs": {"endpoints": [{"s3": "x"}], "insecure": true}}

params := {"programs": ["aws", "kubelogin"]}

found(given) := findings if {
	findings := provider_002.deny with input as {"inputs": {"kubeconfig": given}, "params": params}
}

test_kubeconfig if {
	count(found("~/.kube/config")) == 0
	count(found({"users": [{"user": {"exec": {"command": "aws", "env": [{"name": "AWS_PROFILE", "value": "web"}]}}}]})) == 0
	count(found("users:\n- user:\n    exec:\n      command: kubelogin\n")) == 0
}

test_kubeconfig_without_checks if {
	count(found({"clusters": [{"cluster": {"insecure-skip-tls-verify": true, "proxy-url": "http://192.0.2.1"}}]})) == 2
	count(found("clusters:\n- cluster:\n    insecure-skip-tls-verify: true\n    proxy-url: http://192.0.2.1\n")) == 2
}

test_program_of_a_kubeconfig if {
	count(found({"users": [{"user": {"exec": {"command": "./token"}}}]})) == 1
	count(found("users:\n- user:\n    exec:\n      command: ./token\n")) == 1
	count(found("users:\n- user:\n    exec:\n      <<: *other\n")) == 1
	count(found({"users": [{"user": {"exec": {"command": "aws", "env": [{"name": "AWS_CONFIG_FILE", "value": "./config"}]}}}]})) == 1
}

test_file_of_the_program if count(found("./kubeconfig")) == 1
