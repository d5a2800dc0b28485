package k8s.ing_002_test

import rego.v1

import data.k8s.ing_002

test_named if count(ing_002.deny) == 0 with input as {"inputs": {"spec": {"rules": [{"host": "a.example.com", "http": {}}]}}}

test_wildcard_below_a_name if count(ing_002.deny) == 0 with input as {"inputs": {"spec": {"rules": [{"host": "*.example.com", "http": {}}]}}}

test_none if count(ing_002.deny) == 1 with input as {"inputs": {"spec": {"rules": [{"http": {}}]}}}

test_everything if count(ing_002.deny) == 1 with input as {"inputs": {"spec": {"rules": [{"host": "*", "http": {}}]}}}

test_default if count(ing_002.deny) == 1 with input as {"inputs": {"spec": {"defaultBackend": {"service": {"name": "web"}}}}}
