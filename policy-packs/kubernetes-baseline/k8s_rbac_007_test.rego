package k8s.rbac_007_test

import rego.v1

import data.k8s.rbac_007

test_role if count(rbac_007.deny) == 0 with input as {"type": "kubernetes:rbac.authorization.k8s.io/v1:Role", "inputs": {"rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["create"]}]}}

test_read if count(rbac_007.deny) == 0 with input as {"type": "kubernetes:rbac.authorization.k8s.io/v1:ClusterRole", "inputs": {"rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]}}

test_create if count(rbac_007.deny) == 1 with input as {"type": "kubernetes:rbac.authorization.k8s.io/v1:ClusterRole", "inputs": {"rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "create"]}]}}

test_patch if count(rbac_007.deny) == 1 with input as {"type": "kubernetes:rbac.authorization.k8s.io/v1:ClusterRole", "inputs": {"rules": [{"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["patch"]}]}}
