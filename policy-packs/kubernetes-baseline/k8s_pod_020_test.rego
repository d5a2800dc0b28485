package k8s.pod_020_test

import rego.v1

import data.k8s.pod_020

test_deployment if count(pod_020.deny) == 0 with input as {"type": "kubernetes:apps/v1:Deployment"}

test_job if count(pod_020.deny) == 0 with input as {"type": "kubernetes:batch/v1:Job"}

test_pod if count(pod_020.deny) == 1 with input as {"type": "kubernetes:core/v1:Pod"}

test_replica_set if count(pod_020.deny) == 1 with input as {"type": "kubernetes:apps/v1:ReplicaSet"}
