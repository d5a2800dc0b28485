package k8s.avail_001_test

import rego.v1

import data.k8s.avail_001

params := {"replicas_min": 2}

test_two if count(avail_001.deny) == 0 with input as {"inputs": {"spec": {"replicas": 2}}} with input.params as params

test_one if count(avail_001.deny) == 1 with input as {"inputs": {"spec": {"replicas": 1}}} with input.params as params

test_not_set if count(avail_001.deny) == 1 with input as {"inputs": {"spec": {}}} with input.params as params

test_zero if count(avail_001.deny) == 1 with input as {"inputs": {"spec": {"replicas": 0}}} with input.params as params
