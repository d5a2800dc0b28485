package aws.lb_002_test

import rego.v1

import data.aws.lb_002

test_modern if count(lb_002.deny) == 0 with input as {"inputs": {"protocol": "HTTPS", "sslPolicy": "ELBSecurityPolicy-TLS13-1-2-Res-2021-06"}}

test_network if count(lb_002.deny) == 0 with input as {"inputs": {"protocol": "TLS", "sslPolicy": "ELBSecurityPolicy-TLS-1-2-2017-01"}}

test_default if count(lb_002.deny) == 1 with input as {"inputs": {"protocol": "HTTPS"}}

test_old if count(lb_002.deny) == 1 with input as {"inputs": {"protocol": "TLS", "sslPolicy": "ELBSecurityPolicy-TLS13-1-0-2021-06"}}

test_not_encrypted if count(lb_002.deny) == 0 with input as {"inputs": {"protocol": "TCP"}}
