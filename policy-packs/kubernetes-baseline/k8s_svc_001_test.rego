package k8s.svc_001_test

import rego.v1

import data.k8s.svc_001

test_cluster_address if count(svc_001.deny) == 0 with input as {"inputs": {"spec": {"type": "ClusterIP"}}}

test_no_type if count(svc_001.deny) == 0 with input as {"inputs": {"spec": {}}}

test_ranges if count(svc_001.deny) == 0 with input as {"inputs": {"spec": {"type": "LoadBalancer", "loadBalancerSourceRanges": ["10.0.0.0/8"]}}}

test_internal if count(svc_001.deny) == 0 with input as {"inputs": {"metadata": {"annotations": {"service.beta.kubernetes.io/aws-load-balancer-internal": "true"}}, "spec": {"type": "LoadBalancer"}}}

test_internal_at_google if count(svc_001.deny) == 0 with input as {"inputs": {"metadata": {"annotations": {"networking.gke.io/load-balancer-type": "Internal"}}, "spec": {"type": "LoadBalancer"}}}

test_open if count(svc_001.deny) == 1 with input as {"inputs": {"spec": {"type": "LoadBalancer"}}}

test_empty if count(svc_001.deny) == 1 with input as {"inputs": {"spec": {"type": "LoadBalancer", "loadBalancerSourceRanges": []}}}

test_null if count(svc_001.deny) == 1 with input as {"inputs": {"spec": {"type": "LoadBalancer", "loadBalancerSourceRanges": null}}}

test_world if count(svc_001.deny) == 1 with input as {"inputs": {"spec": {"type": "LoadBalancer", "loadBalancerSourceRanges": ["10.0.0.0/8", "0.0.0.0/0"]}}}

test_not_internal if count(svc_001.deny) == 1 with input as {"inputs": {"metadata": {"annotations": {"service.beta.kubernetes.io/aws-load-balancer-internal": "false"}}, "spec": {"type": "LoadBalancer"}}}
