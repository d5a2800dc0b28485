package k8s.ns_002_test

import rego.v1

import data.k8s.ns_002

test_named if count(ns_002.deny) == 0 with input as {"inputs": {"metadata": {"namespace": "shop"}}}

test_none if count(ns_002.deny) == 0 with input as {"inputs": {}}

test_system if count(ns_002.deny) == 1 with input as {"inputs": {"metadata": {"namespace": "kube-system"}}}

test_public if count(ns_002.deny) == 1 with input as {"inputs": {"metadata": {"namespace": "kube-public"}}}
