package k8s.vol_002_test

import rego.v1

import data.k8s.vol_002

test_encrypted if count(vol_002.deny) == 0 with input as {"inputs": {"provisioner": "ebs.csi.aws.com", "parameters": {"encrypted": "true"}}}

test_elsewhere if count(vol_002.deny) == 0 with input as {"inputs": {"provisioner": "pd.csi.storage.gke.io"}}

test_not_set if count(vol_002.deny) == 1 with input as {"inputs": {"provisioner": "ebs.csi.aws.com"}}

test_off if count(vol_002.deny) == 1 with input as {"inputs": {"provisioner": "kubernetes.io/aws-ebs", "parameters": {"encrypted": "false"}}}
