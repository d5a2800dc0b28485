package k8s.vol_001_test

import rego.v1

import data.k8s.vol_001

test_csi if count(vol_001.deny) == 0 with input as {"inputs": {"spec": {"csi": {"driver": "ebs.csi.aws.com"}}}}

test_null if count(vol_001.deny) == 0 with input as {"inputs": {"spec": {"hostPath": null}}}

test_folder if count(vol_001.deny) == 1 with input as {"inputs": {"spec": {"hostPath": {"path": "/"}}}}

test_no_path if count(vol_001.deny) == 1 with input as {"inputs": {"spec": {"hostPath": {}}}}

test_local if {
	count(vol_001.deny) == 1 with input as {"inputs": {"spec": {"local": {"path": "/"}}}}
	count(vol_001.deny) == 0 with input as {"inputs": {"spec": {"local": null}}}
}
