package k8s.sa_002_test

import rego.v1

import data.k8s.sa_002

test_off if count(sa_002.deny) == 0 with input as {"inputs": {"automountServiceAccountToken": false}}

test_not_set if count(sa_002.deny) == 1 with input as {"inputs": {}}

test_on if count(sa_002.deny) == 1 with input as {"inputs": {"automountServiceAccountToken": true}}
