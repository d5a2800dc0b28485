package k8s.svc_002_test

import rego.v1

import data.k8s.svc_002

test_cluster_address if count(svc_002.deny) == 0 with input as {"inputs": {"spec": {"type": "ClusterIP"}}}

test_no_type if count(svc_002.deny) == 0 with input as {"inputs": {"spec": {}}}

test_node_port if count(svc_002.deny) == 1 with input as {"inputs": {"spec": {"type": "NodePort"}}}
