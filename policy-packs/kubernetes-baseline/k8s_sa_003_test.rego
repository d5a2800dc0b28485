package k8s.sa_003_test

import rego.v1

import data.k8s.sa_003

test_opaque if count(sa_003.deny) == 0 with input as {"inputs": {"type": "Opaque"}}

test_no_type if count(sa_003.deny) == 0 with input as {"inputs": {}}

test_token if count(sa_003.deny) == 1 with input as {"inputs": {"type": "kubernetes.io/service-account-token"}}

test_bootstrap if count(sa_003.deny) == 1 with input as {"inputs": {"type": "bootstrap.kubernetes.io/token"}}
