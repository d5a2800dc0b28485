package k8s.helm_002_test

import rego.v1

import data.k8s.helm_002

test_version if count(helm_002.deny) == 0 with input as {"inputs": {"chart": "web", "version": "1.2.3"}}

test_with_a_v if count(helm_002.deny) == 0 with input as {"inputs": {"chart": "web", "version": "v1.2.3-rc.1"}}

test_folder if count(helm_002.deny) == 0 with input as {"inputs": {"chart": "./charts/web"}}

test_none if count(helm_002.deny) == 1 with input as {"inputs": {"chart": "web"}}

test_range if count(helm_002.deny) == 1 with input as {"inputs": {"chart": "web", "version": "^1.2.3"}}

test_wildcard if count(helm_002.deny) == 1 with input as {"inputs": {"chart": "web", "version": "1.2.x"}}

test_short if count(helm_002.deny) == 1 with input as {"inputs": {"chart": "web", "version": "1"}}

test_between if count(helm_002.deny) == 1 with input as {"inputs": {"chart": "web", "version": ">=1.2.3 <2.0.0"}}
