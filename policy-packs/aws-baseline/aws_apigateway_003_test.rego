package aws.apigateway_003_test

import rego.v1

import data.aws.apigateway_003

test_iam if count(apigateway_003.deny) == 0 with input as {"type": "aws:apigateway/method:Method", "inputs": {"authorization": "AWS_IAM", "httpMethod": "GET"}}

test_open if count(apigateway_003.deny) == 1 with input as {"type": "aws:apigateway/method:Method", "inputs": {"authorization": "NONE", "httpMethod": "GET"}}

test_key if count(apigateway_003.deny) == 0 with input as {"type": "aws:apigateway/method:Method", "inputs": {"authorization": "NONE", "httpMethod": "GET", "apiKeyRequired": true}}

test_preflight if count(apigateway_003.deny) == 0 with input as {"type": "aws:apigateway/method:Method", "inputs": {"authorization": "NONE", "httpMethod": "OPTIONS"}}

test_route if count(apigateway_003.deny) == 1 with input as {"type": "aws:apigatewayv2/route:Route", "inputs": {"routeKey": "GET /"}}

test_preflight_route if count(apigateway_003.deny) == 0 with input as {"type": "aws:apigatewayv2/route:Route", "inputs": {"routeKey": "OPTIONS /"}}

test_route_with_tokens if count(apigateway_003.deny) == 0 with input as {"type": "aws:apigatewayv2/route:Route", "inputs": {"routeKey": "GET /", "authorizationType": "JWT"}}
