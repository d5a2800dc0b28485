package k8s.rbac_005_test

import rego.v1

import data.k8s.rbac_005

test_group if count(rbac_005.deny) == 0 with input as {"inputs": {"subjects": [{"kind": "Group", "name": "web-team"}]}}

test_one_namespace if count(rbac_005.deny) == 0 with input as {"inputs": {"subjects": [{"kind": "Group", "name": "system:serviceaccounts:shop"}]}}

test_anonymous if count(rbac_005.deny) == 1 with input as {"inputs": {"subjects": [{"kind": "User", "name": "system:anonymous"}]}}

test_two if count(rbac_005.deny) == 2 with input as {"inputs": {"subjects": [{"kind": "Group", "name": "system:authenticated"}, {"kind": "Group", "name": "system:masters"}]}}
