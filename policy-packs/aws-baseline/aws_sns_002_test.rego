package aws.sns_002_test

import rego.v1

import data.aws.sns_002

test_https if count(sns_002.deny) == 0 with input as {"inputs": {"protocol": "https"}}

test_queue if count(sns_002.deny) == 0 with input as {"inputs": {"protocol": "sqs"}}

test_http if count(sns_002.deny) == 1 with input as {"inputs": {"protocol": "http"}}
