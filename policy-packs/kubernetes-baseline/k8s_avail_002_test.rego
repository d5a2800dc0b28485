package k8s.avail_002_test

import rego.v1

import data.k8s.avail_002

# So many resources of each type.
steps(types) := {"resources": [{"type": type, "urn": sprintf("%s %d", [type, number])} |
	some type, count in types
	some number in numbers.range(1, count)
]}

test_each if count(avail_002.deny) == 0 with input as steps({"kubernetes:apps/v1:Deployment": 1, "kubernetes:policy/v1:PodDisruptionBudget": 1})

test_nothing if count(avail_002.deny) == 0 with input as steps({})

test_none if count(avail_002.deny) == 1 with input as steps({"kubernetes:apps/v1:StatefulSet": 1})

test_too_few if count(avail_002.deny) == 1 with input as steps({"kubernetes:apps/v1:Deployment": 1, "kubernetes:apps/v1:StatefulSet": 1, "kubernetes:policy/v1:PodDisruptionBudget": 1})
