package k8s.api_001_test

import rego.v1

import data.k8s.api_001

test_current if count(api_001.deny) == 0 with input as {"type": "kubernetes:apps/v1:Deployment"}

test_not_judged if count(api_001.deny) == 0 with input as {"type": "kubernetes:coordination.k8s.io/v1:Lease"}

test_custom if count(api_001.deny) == 0 with input as {"type": "kubernetes:serving.knative.dev/v1:Service"}

test_other_provider if count(api_001.deny) == 0 with input as {"type": "aws:s3/bucket:Bucket"}

test_other_kind if count(api_001.deny) == 0 with input as {"type": "kubernetes:core/v1:LimitRange"}

test_old_version if count(api_001.deny) == 1 with input as {"type": "kubernetes:extensions/v1beta1:Deployment"}

test_list if count(api_001.deny) == 1 with input as {"type": "kubernetes:apps/v1:DeploymentList"}

test_short if count(api_001.deny) == 1 with input as {"type": "kubernetes:v1:Pod"}

test_any_list if count(api_001.deny) == 1 with input as {"type": "kubernetes:core/v1:List"}

test_beta_job if count(api_001.deny) == 1 with input as {"type": "kubernetes:batch/v1beta1:CronJob"}
