package k8s.rbac_008_test

import rego.v1

import data.k8s.rbac_008

test_own if count(rbac_008.deny) == 0 with input as {"inputs": {"subjects": [{"kind": "ServiceAccount", "name": "web"}]}}

test_user if count(rbac_008.deny) == 0 with input as {"inputs": {"subjects": [{"kind": "User", "name": "default"}]}}

test_default if count(rbac_008.deny) == 1 with input as {"inputs": {"subjects": [{"kind": "ServiceAccount", "name": "default"}]}}

test_as_a_user if count(rbac_008.deny) == 1 with input as {"inputs": {"subjects": [{"kind": "User", "name": "system:serviceaccount:shop:default"}]}}
