package aws.apigateway_002_test

import rego.v1

import data.aws.apigateway_002

test_logged if count(apigateway_002.deny) == 0 with input as {"inputs": {"accessLogSettings": {"destinationArn": "arn", "format": "$context.requestId"}}}

test_default if count(apigateway_002.deny) == 1 with input as {"inputs": {}}

test_blank if count(apigateway_002.deny) == 1 with input as {"inputs": {"accessLogSettings": {"format": " "}}}
