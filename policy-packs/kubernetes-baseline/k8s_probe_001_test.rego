package k8s.probe_001_test

import rego.v1

import data.k8s.probe_001

params := {"probes": ["readinessProbe"]}

test_ready if count(probe_001.deny) == 0 with input as {"inputs": {"spec": {"template": {"spec": {"containers": [{"name": "c", "readinessProbe": {"httpGet": {"path": "/", "port": 8080}}}]}}}}} with input.params as params

test_none if count(probe_001.deny) == 1 with input as {"inputs": {"spec": {"template": {"spec": {"containers": [{"name": "c"}]}}}}} with input.params as params

test_another if count(probe_001.deny) == 1 with input as {"inputs": {"spec": {"template": {"spec": {"containers": [{"name": "c", "livenessProbe": {}}]}}}}} with input.params as params

test_null if count(probe_001.deny) == 1 with input as {"inputs": {"spec": {"template": {"spec": {"containers": [{"name": "c", "readinessProbe": null}]}}}}} with input.params as params

test_more_are_wanted if {
	count(probe_001.deny) == 2 with input as {"inputs": {"spec": {"template": {"spec": {"containers": [{"name": "c", "livenessProbe": {}}]}}}}} with input.params as {"probes": ["readinessProbe", "livenessProbe", "startupProbe"]}
}
