package k8s.rbac_004_test

import rego.v1

import data.k8s.rbac_004

test_role if count(rbac_004.deny) == 0 with input as {"type": "kubernetes:rbac.authorization.k8s.io/v1:Role", "inputs": {"rules": [{"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]}]}}

test_write if count(rbac_004.deny) == 0 with input as {"type": "kubernetes:rbac.authorization.k8s.io/v1:ClusterRole", "inputs": {"rules": [{"apiGroups": [""], "resources": ["secrets"], "verbs": ["create"]}]}}

test_named if count(rbac_004.deny) == 0 with input as {"type": "kubernetes:rbac.authorization.k8s.io/v1:ClusterRole", "inputs": {"rules": [{"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"], "resourceNames": ["tls"]}]}}

test_list if count(rbac_004.deny) == 1 with input as {"type": "kubernetes:rbac.authorization.k8s.io/v1:ClusterRole", "inputs": {"rules": [{"apiGroups": [""], "resources": ["pods", "secrets"], "verbs": ["list"]}]}}

test_no_names if count(rbac_004.deny) == 1 with input as {"type": "kubernetes:rbac.authorization.k8s.io/v1:ClusterRole", "inputs": {"rules": [{"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"], "resourceNames": []}]}}
