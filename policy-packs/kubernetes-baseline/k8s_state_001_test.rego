package k8s.state_001_test

import rego.v1

import data.k8s.state_001

test_retained if count(state_001.deny) == 0 with input as {"op": "delete", "type": "kubernetes:core/v1:Namespace", "old_options": {"retain_on_delete": true}}

test_reclaim_policy if count(state_001.deny) == 0 with input as {"op": "delete", "type": "kubernetes:core/v1:PersistentVolume", "old_inputs": {"spec": {"persistentVolumeReclaimPolicy": "Retain"}}}

test_disk if count(state_001.deny) == 1 with input as {"op": "delete", "type": "kubernetes:core/v1:PersistentVolume", "old_inputs": {"spec": {"persistentVolumeReclaimPolicy": "Delete"}}}

test_namespace if count(state_001.deny) == 1 with input as {"op": "delete", "type": "kubernetes:core/v1:Namespace", "old_options": {"retain_on_delete": false}}

test_reclaim_policy_of_a_claim if count(state_001.deny) == 1 with input as {"op": "replace", "type": "kubernetes:core/v1:PersistentVolumeClaim", "old_inputs": {"spec": {"persistentVolumeReclaimPolicy": "Retain"}}}

test_no_state if count(state_001.deny) == 1 with input as {"op": "delete", "type": "kubernetes:core/v1:PersistentVolume", "old_options": null, "old_inputs": null}
