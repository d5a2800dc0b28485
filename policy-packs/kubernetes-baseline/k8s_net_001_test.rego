package k8s.net_001_test

import rego.v1

import data.k8s.net_001

test_covered if count(net_001.deny) == 0 with input as {"resources": [{"urn": "u1", "type": "kubernetes:core/v1:Namespace", "inputs": {"metadata": {"name": "shop"}}}, {"urn": "u2", "type": "kubernetes:networking.k8s.io/v1:NetworkPolicy", "inputs": {"metadata": {"namespace": "shop"}, "spec": {"podSelector": {}}}}]}

test_empty_labels if count(net_001.deny) == 0 with input as {"resources": [{"urn": "u1", "type": "kubernetes:core/v1:Namespace", "inputs": {"metadata": {"name": "shop"}}}, {"urn": "u2", "type": "kubernetes:networking.k8s.io/v1:NetworkPolicy", "inputs": {"metadata": {"namespace": "shop"}, "spec": {"podSelector": {"matchLabels": {}}}}}]}

test_no_namespace if count(net_001.deny) == 0 with input as {"resources": [{"urn": "u2", "type": "kubernetes:networking.k8s.io/v1:NetworkPolicy", "inputs": {"metadata": {"namespace": "shop"}, "spec": {"podSelector": {"matchLabels": {"app": "web"}}}}}]}

test_none if count(net_001.deny) == 1 with input as {"resources": [{"urn": "u1", "type": "kubernetes:core/v1:Namespace", "inputs": {"metadata": {"name": "shop"}}}]}

test_elsewhere if count(net_001.deny) == 1 with input as {"resources": [{"urn": "u1", "type": "kubernetes:core/v1:Namespace", "inputs": {"metadata": {"name": "shop"}}}, {"urn": "u2", "type": "kubernetes:networking.k8s.io/v1:NetworkPolicy", "inputs": {"metadata": {"namespace": "other"}, "spec": {"podSelector": {}}}}]}

test_for_some if count(net_001.deny) == 1 with input as {"resources": [{"urn": "u1", "type": "kubernetes:core/v1:Namespace", "inputs": {"metadata": {"name": "shop"}}}, {"urn": "u2", "type": "kubernetes:networking.k8s.io/v1:NetworkPolicy", "inputs": {"metadata": {"namespace": "shop"}, "spec": {"podSelector": {"matchLabels": {"app": "web"}}}}}]}
