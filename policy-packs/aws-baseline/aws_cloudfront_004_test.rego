package aws.cloudfront_004_test

import rego.v1

import data.aws.cloudfront_004

test_encrypted if count(cloudfront_004.deny) == 0 with input as {"inputs": {"origins": [{"customOriginConfig": {"originProtocolPolicy": "https-only", "originSslProtocols": ["TLSv1.2"]}}]}}

test_bucket if count(cloudfront_004.deny) == 0 with input as {"inputs": {"origins": [{"originId": "b"}]}}

test_plain if count(cloudfront_004.deny) == 1 with input as {"inputs": {"origins": [{"originId": "b"}, {"customOriginConfig": {"originProtocolPolicy": "http-only", "originSslProtocols": ["TLSv1.2"]}}]}}

test_tenants if count(cloudfront_004.deny) == 2 with input as {"inputs": {"origins": [{"customOriginConfigs": [{"originProtocolPolicy": "http-only", "originSslProtocols": ["TLSv1", "TLSv1.2"]}]}]}}

test_old if count(cloudfront_004.deny) == 2 with input as {"inputs": {"origins": [{"customOriginConfig": {"originProtocolPolicy": "https-only", "originSslProtocols": ["SSLv3", "TLSv1.1", "TLSv1.2"]}}]}}
