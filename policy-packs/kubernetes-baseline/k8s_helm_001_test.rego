package k8s.helm_001_test

import rego.v1

import data.k8s.helm_001

test_chart if count(helm_001.deny) == 0 with input as {"type": "kubernetes:helm.sh/v4:Chart"}

test_release if count(helm_001.deny) == 1 with input as {"type": "kubernetes:helm.sh/v3:Release"}
