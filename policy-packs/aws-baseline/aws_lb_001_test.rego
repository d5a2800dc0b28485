package aws.lb_001_test

import rego.v1

import data.aws.lb_001

test_encrypted if count(lb_001.deny) == 0 with input as {"inputs": {"protocol": "HTTPS", "port": 443}}

test_plain if count(lb_001.deny) == 1 with input as {"inputs": {"protocol": "HTTP", "port": 80, "defaultActions": [{"type": "forward"}]}}

test_default if count(lb_001.deny) == 1 with input as {"inputs": {"port": 80}}

test_redirect if count(lb_001.deny) == 0 with input as {"inputs": {"protocol": "HTTP", "defaultActions": [{"type": "redirect", "redirect": {"protocol": "HTTPS"}}]}}

test_redirect_to_plain if count(lb_001.deny) == 1 with input as {"inputs": {"protocol": "HTTP", "defaultActions": [{"type": "redirect", "redirect": {"protocol": "#{protocol}"}}]}}

test_gateway if count(lb_001.deny) == 0 with input as {"inputs": {"defaultActions": [{"type": "forward"}]}}
