package aws.apigateway_001_test

import rego.v1

import data.aws.apigateway_001

rest := "aws:apigateway/domainName:DomainName"

http := "aws:apigatewayv2/domainName:DomainName"

test_modern if count(apigateway_001.deny) == 0 with input as {"type": rest, "inputs": {"securityPolicy": "TLS_1_2"}}

test_newest if count(apigateway_001.deny) == 0 with input as {"type": rest, "inputs": {"securityPolicy": "SecurityPolicy_TLS13_1_3_2025_09"}}

test_old if count(apigateway_001.deny) == 1 with input as {"type": rest, "inputs": {"securityPolicy": "TLS_1_0"}}

test_default if count(apigateway_001.deny) == 1 with input as {"type": rest, "inputs": {}}

test_newer if count(apigateway_001.deny) == 0 with input as {"type": rest, "inputs": {"securityPolicy": "SecurityPolicy_TLS12_PFS_2025_EDGE"}}

test_modern_http_api if count(apigateway_001.deny) == 0 with input as {"type": http, "inputs": {"domainNameConfiguration": {"securityPolicy": "TLS_1_2"}}}

test_http_api if count(apigateway_001.deny) == 1 with input as {"type": http, "inputs": {"domainNameConfiguration": {"securityPolicy": "TLS_1_0"}}}
