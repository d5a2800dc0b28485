package k8s.ing_003_test

import rego.v1

import data.k8s.ing_003

test_other if count(ing_003.deny) == 0 with input as {"inputs": {"metadata": {"annotations": {"nginx.ingress.kubernetes.io/ssl-redirect": "true"}}}}

test_none if count(ing_003.deny) == 0 with input as {"inputs": {"metadata": {}}}

test_configuration_snippet if count(ing_003.deny) == 1 with input as {"inputs": {"metadata": {"annotations": {"nginx.ingress.kubernetes.io/configuration-snippet": "return 200;"}}}}

test_server_snippet if count(ing_003.deny) == 1 with input as {"inputs": {"metadata": {"annotations": {"nginx.ingress.kubernetes.io/server-snippet": "return 200;"}}}}

test_stream_snippet if count(ing_003.deny) == 1 with input as {"inputs": {"metadata": {"annotations": {"nginx.ingress.kubernetes.io/stream-snippet": "return 200;"}}}}

test_auth_snippet if count(ing_003.deny) == 1 with input as {"inputs": {"metadata": {"annotations": {"nginx.ingress.kubernetes.io/auth-snippet": "return 200;"}}}}

test_modsecurity_snippet if count(ing_003.deny) == 1 with input as {"inputs": {"metadata": {"annotations": {"nginx.ingress.kubernetes.io/modsecurity-snippet": "return 200;"}}}}
