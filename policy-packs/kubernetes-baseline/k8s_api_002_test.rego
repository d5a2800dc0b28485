package k8s.api_002_test

import rego.v1

import data.k8s.api_002

test_whole if count(api_002.deny) == 0 with input as {"type": "kubernetes:apps/v1:Deployment"}

test_not_judged if count(api_002.deny) == 0 with input as {"type": "kubernetes:coordination.k8s.io/v1:LeasePatch"}

test_other_group if count(api_002.deny) == 0 with input as {"type": "kubernetes:example.com/v1:PodPatch"}

test_deployment if count(api_002.deny) == 1 with input as {"type": "kubernetes:apps/v1:DeploymentPatch"}

test_namespace if count(api_002.deny) == 1 with input as {"type": "kubernetes:core/v1:NamespacePatch"}
