package k8s.api_003_test

import rego.v1

import data.k8s.api_003

test_config_map if count(api_003.deny) == 0 with input as {"type": "kubernetes:core/v1:ConfigMap", "inputs": {"apiVersion": "v1", "kind": "ConfigMap"}}

test_deployment if count(api_003.deny) == 0 with input as {"type": "kubernetes:apps/v1:Deployment", "inputs": {"apiVersion": "apps/v1", "kind": "Deployment"}}

test_patch if count(api_003.deny) == 0 with input as {"type": "kubernetes:apps/v1:DeploymentPatch", "inputs": {"apiVersion": "apps/v1", "kind": "Deployment"}}

test_custom if count(api_003.deny) == 0 with input as {"type": "kubernetes:stable.example.com/v1:CronTab", "inputs": {"apiVersion": "stable.example.com/v1", "kind": "CronTab"}}

test_chart if count(api_003.deny) == 0 with input as {"type": "kubernetes:helm.sh/v4:Chart", "inputs": {"chart": "web"}}

test_other_provider if count(api_003.deny) == 0 with input as {"type": "azure-native:storage:StorageAccount", "inputs": {"kind": "StorageV2"}}

test_provider if count(api_003.deny) == 0 with input as {"type": "pulumi:providers:kubernetes", "inputs": {"kind": "x"}}

test_pod_called_a_config_map if count(api_003.deny) == 1 with input as {"type": "kubernetes:core/v1:ConfigMap", "inputs": {"apiVersion": "v1", "kind": "Pod"}}

test_old_version if count(api_003.deny) == 1 with input as {"type": "kubernetes:apps/v1:Deployment", "inputs": {"apiVersion": "extensions/v1beta1", "kind": "Deployment"}}

test_custom_resource_that_is_none if count(api_003.deny) == 1 with input as {"type": "kubernetes:stable.example.com/v1:Pod", "inputs": {"apiVersion": "v1", "kind": "Pod"}}

test_not_text if count(api_003.deny) == 1 with input as {"type": "kubernetes:core/v1:ConfigMap", "inputs": {"apiVersion": "v1", "kind": ["Pod"]}}
