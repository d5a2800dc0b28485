package k8s.avail_003_test

import rego.v1

import data.k8s.avail_003

test_one if count(avail_003.deny) == 0 with input as {"inputs": {"spec": {"maxUnavailable": 1}}}

test_half if count(avail_003.deny) == 0 with input as {"inputs": {"spec": {"minAvailable": "50%"}}}

test_none if count(avail_003.deny) == 1 with input as {"inputs": {"spec": {"maxUnavailable": 0}}}

test_none_in_percent if count(avail_003.deny) == 1 with input as {"inputs": {"spec": {"maxUnavailable": "0%"}}}

test_all if count(avail_003.deny) == 1 with input as {"inputs": {"spec": {"minAvailable": "100%"}}}
