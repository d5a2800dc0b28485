package k8s.net_002_test

import rego.v1

import data.k8s.net_002

test_pods if count(net_002.deny) == 0 with input as {"inputs": {"spec": {"ingress": [{"from": [{"podSelector": {}}]}]}}}

test_nobody if count(net_002.deny) == 0 with input as {"inputs": {"spec": {"ingress": []}}}

test_network if count(net_002.deny) == 0 with input as {"inputs": {"spec": {"ingress": [{"from": [{"ipBlock": {"cidr": "10.0.0.0/8"}}]}]}}}

test_everybody if count(net_002.deny) == 1 with input as {"inputs": {"spec": {"ingress": [{}]}}}

test_a_port_for_everybody if count(net_002.deny) == 1 with input as {"inputs": {"spec": {"ingress": [{"from": [], "ports": [{"port": 80}]}]}}}

test_world if count(net_002.deny) == 1 with input as {"inputs": {"spec": {"ingress": [{"from": [{"podSelector": {}}, {"ipBlock": {"cidr": "0.0.0.0/0"}}]}]}}}
