package k8s.rbac_003_test

import rego.v1

import data.k8s.rbac_003

test_read if count(rbac_003.deny) == 0 with input as {"inputs": {"rules": [{"apiGroups": [""], "resources": ["roles"], "verbs": ["get", "list"]}]}}

test_escalate if count(rbac_003.deny) == 1 with input as {"inputs": {"rules": [{"apiGroups": [""], "resources": ["roles"], "verbs": ["escalate"]}]}}

test_two if count(rbac_003.deny) == 2 with input as {"inputs": {"rules": [{"apiGroups": [""], "resources": ["roles"], "verbs": ["bind", "get", "impersonate"]}]}}
