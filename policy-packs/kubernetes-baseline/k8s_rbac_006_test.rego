package k8s.rbac_006_test

import rego.v1

import data.k8s.rbac_006

test_read if count(rbac_006.deny) == 0 with input as {"inputs": {"rules": [{"apiGroups": [""], "resources": ["persistentvolumes", "pods", "pods/log"], "verbs": ["get", "list"]}]}}

test_shell if count(rbac_006.deny) == 1 with input as {"inputs": {"rules": [{"apiGroups": [""], "resources": ["pods/exec"], "verbs": ["get"]}]}}

test_token if count(rbac_006.deny) == 1 with input as {"inputs": {"rules": [{"apiGroups": [""], "resources": ["serviceaccounts/token"], "verbs": ["create"]}]}}

test_two if count(rbac_006.deny) == 2 with input as {"inputs": {"rules": [{"apiGroups": [""], "resources": ["persistentvolumes", "nodes/proxy"], "verbs": ["patch"]}]}}
