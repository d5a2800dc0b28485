package k8s.ns_003_test

import rego.v1

import data.k8s.ns_003

test_restricted if count(ns_003.deny) == 0 with input as {"inputs": {"metadata": {"labels": {"pod-security.kubernetes.io/enforce": "restricted"}}}}

test_baseline if count(ns_003.deny) == 0 with input as {"inputs": {"metadata": {"labels": {"pod-security.kubernetes.io/enforce": "baseline"}}}}

test_none if count(ns_003.deny) == 1 with input as {"inputs": {"metadata": {}}}

test_privileged if count(ns_003.deny) == 1 with input as {"inputs": {"metadata": {"labels": {"pod-security.kubernetes.io/enforce": "privileged"}}}}

test_only_a_warning if count(ns_003.deny) == 1 with input as {"inputs": {"metadata": {"labels": {"pod-security.kubernetes.io/warn": "restricted"}}}}
