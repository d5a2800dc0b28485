package k8s.svc_003_test

import rego.v1

import data.k8s.svc_003

test_none if count(svc_003.deny) == 0 with input as {"inputs": {"spec": {}}}

test_empty if count(svc_003.deny) == 0 with input as {"inputs": {"spec": {"externalIPs": []}}}

test_one if count(svc_003.deny) == 1 with input as {"inputs": {"spec": {"externalIPs": ["8.8.8.8"]}}}

test_two if count(svc_003.deny) == 2 with input as {"inputs": {"spec": {"externalIPs": ["8.8.8.8", "1.1.1.1"]}}}
