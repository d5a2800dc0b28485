package aws.cloudfront_001_test

import rego.v1

import data.aws.cloudfront_001

test_redirected if count(cloudfront_001.deny) == 0 with input as {"inputs": {"defaultCacheBehavior": {"viewerProtocolPolicy": "redirect-to-https"}}}

test_plain if count(cloudfront_001.deny) == 1 with input as {"inputs": {"defaultCacheBehavior": {"viewerProtocolPolicy": "allow-all"}}}

test_plain_for_some if count(cloudfront_001.deny) == 1 with input as {"inputs": {"orderedCacheBehaviors": [{"viewerProtocolPolicy": "https-only"}, {"viewerProtocolPolicy": "allow-all"}]}}

test_tenants if count(cloudfront_001.deny) == 1 with input as {"inputs": {"cacheBehaviors": [{"viewerProtocolPolicy": "allow-all"}]}}
