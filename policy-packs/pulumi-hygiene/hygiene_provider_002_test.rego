package hygiene.provider_002_test

import rego.v1

import data.hygiene.provider_002

test_region if count(provider_002.deny) == 0 with input as {"inputs": {"region": "eu-central-1"}}

test_empty if count(provider_002.deny) == 0 with input as {"inputs": {"endpoints": "[]", "insecure": "false"}}

test_empty_values if count(provider_002.deny) == 0 with input as {"inputs": {"endpoints": [], "insecure": false}}

test_endpoint if count(provider_002.deny) == 1 with input as {"inputs": {"endpoints": "[{\"s3\":\"http://192.0.2.1\"}]"}}

test_proxy if count(provider_002.deny) == 1 with input as {"inputs": {"httpProxy": "http://192.0.2.1:8080"}}

test_unchecked if count(provider_002.deny) == 1 with input as {"inputs": {"insecure": "true"}}

test_two if count(provider_002.deny) == 2 with input as {"inputs": {"endpoints": [{"s3": "x"}], "insecure": true}}
