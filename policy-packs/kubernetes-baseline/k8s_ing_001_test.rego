package k8s.ing_001_test

import rego.v1

import data.k8s.ing_001

test_covered if count(ing_001.deny) == 0 with input as {"inputs": {"spec": {"tls": [{"hosts": ["a.example.com"]}], "rules": [{"host": "a.example.com"}]}}}

test_wildcard if count(ing_001.deny) == 0 with input as {"inputs": {"spec": {"tls": [{"hosts": ["*.example.com"]}], "rules": [{"host": "a.example.com"}]}}}

test_all_hosts if count(ing_001.deny) == 0 with input as {"inputs": {"spec": {"tls": [{"secretName": "s"}], "rules": [{"host": "a.example.com"}]}}}

test_load_balancer if count(ing_001.deny) == 0 with input as {"inputs": {"metadata": {"annotations": {"alb.ingress.kubernetes.io/certificate-arn": "arn:aws:acm:x"}}, "spec": {"rules": []}}}

test_none if count(ing_001.deny) == 1 with input as {"inputs": {"spec": {"rules": [{"host": "a.example.com"}]}}}

test_empty if count(ing_001.deny) == 1 with input as {"inputs": {"spec": {"tls": [], "rules": []}}}

test_other_host if count(ing_001.deny) == 1 with input as {"inputs": {"spec": {"tls": [{"hosts": ["a.example.com"]}], "rules": [{"host": "a.example.com"}, {"host": "b.example.com"}]}}}

test_deeper_than_the_wildcard if count(ing_001.deny) == 1 with input as {"inputs": {"spec": {"tls": [{"hosts": ["*.example.com"]}], "rules": [{"host": "a.b.example.com"}]}}}
