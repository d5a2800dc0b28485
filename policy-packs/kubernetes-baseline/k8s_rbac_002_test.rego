package k8s.rbac_002_test

import rego.v1

import data.k8s.rbac_002

test_other if count(rbac_002.deny) == 0 with input as {"inputs": {"roleRef": {"kind": "ClusterRole", "name": "view"}}}

test_administrator if count(rbac_002.deny) == 1 with input as {"inputs": {"roleRef": {"kind": "ClusterRole", "name": "cluster-admin"}}}
