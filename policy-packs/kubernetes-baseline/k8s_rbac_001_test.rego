package k8s.rbac_001_test

import rego.v1

import data.k8s.rbac_001

test_named if count(rbac_001.deny) == 0 with input as {"inputs": {"rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]}}

test_url_in_part if count(rbac_001.deny) == 0 with input as {"inputs": {"rules": [{"nonResourceURLs": ["/healthz/*"], "verbs": ["get"]}]}}

test_verbs if count(rbac_001.deny) == 1 with input as {"inputs": {"rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "*"]}]}}

test_resources if count(rbac_001.deny) == 1 with input as {"inputs": {"rules": [{"apiGroups": [""], "resources": ["*"], "verbs": ["get"]}]}}

test_subresources if count(rbac_001.deny) == 1 with input as {"inputs": {"rules": [{"apiGroups": [""], "resources": ["pods/*"], "verbs": ["get"]}]}}

test_groups if count(rbac_001.deny) == 1 with input as {"inputs": {"rules": [{"apiGroups": ["*"], "resources": ["pods"], "verbs": ["get"]}]}}

test_all if count(rbac_001.deny) == 3 with input as {"inputs": {"rules": [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]}}

test_urls if count(rbac_001.deny) == 1 with input as {"inputs": {"rules": [{"nonResourceURLs": ["*"], "verbs": ["get"]}]}}
