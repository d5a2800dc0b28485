package hygiene.ignore_002_test

import rego.v1

import data.hygiene.ignore_002

params := {"properties": ["ingress", "policy", "tls"]}

test_other if count(ignore_002.deny) == 0 with input as {"options": {"ignore_changes": ["desiredCount", "tags.policyName"]}} with input.params as params

test_none if count(ignore_002.deny) == 0 with input as {"options": {"ignore_changes": []}} with input.params as params

test_whole if count(ignore_002.deny) == 1 with input as {"options": {"ignore_changes": ["ingress"]}} with input.params as params

test_part if count(ignore_002.deny) == 1 with input as {"options": {"ignore_changes": ["ingress[0].cidrBlocks"]}} with input.params as params

test_inside if count(ignore_002.deny) == 1 with input as {"options": {"ignore_changes": ["spec[\"tls\"]"]}} with input.params as params

test_capitals if count(ignore_002.deny) == 1 with input as {"options": {"ignore_changes": ["Policy"]}} with input.params as params

test_two if count(ignore_002.deny) == 2 with input as {"options": {"ignore_changes": ["ingress", "policy"]}} with input.params as params

test_all_around_it if {
	every path in ["spec", "spec.template.spec", "spec.template.spec.containers[0]", "spec.jobTemplate", "spec.template.spec.initContainers"] {
		count(ignore_002.deny) == 1 with input as {"type": "kubernetes:apps/v1:Deployment", "options": {"ignore_changes": [path]}} with input.params as params
	}
	every path in ["spec.replicas", "spec.template.metadata.annotations", "spec.template.spec.containers[0].image"] {
		count(ignore_002.deny) == 0 with input as {"type": "kubernetes:apps/v1:Deployment", "options": {"ignore_changes": [path]}} with input.params as params
	}
	count(ignore_002.deny) == 0 with input as {"type": "gcp:cloudrun/service:Service", "options": {"ignore_changes": ["template"]}} with input.params as params
}
