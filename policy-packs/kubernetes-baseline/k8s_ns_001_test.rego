package k8s.ns_001_test

import rego.v1

import data.k8s.ns_001

test_named if count(ns_001.deny) == 0 with input as {"inputs": {"metadata": {"namespace": "shop"}}}

test_default if count(ns_001.deny) == 1 with input as {"inputs": {"metadata": {"namespace": "default"}}}

test_none if count(ns_001.deny) == 1 with input as {"inputs": {"metadata": {}}}

test_nothing if count(ns_001.deny) == 1 with input as {"inputs": {}}
