package aws.cloudfront_002_test

import rego.v1

import data.aws.cloudfront_002

test_modern if count(cloudfront_002.deny) == 0 with input as {"inputs": {"viewerCertificate": {"acmCertificateArn": "arn", "minimumProtocolVersion": "TLSv1.2_2021"}}}

test_newest if count(cloudfront_002.deny) == 0 with input as {"inputs": {"viewerCertificate": {"minimumProtocolVersion": "TLSv1.3_2025"}}}

test_default if count(cloudfront_002.deny) == 1 with input as {"inputs": {"viewerCertificate": {"acmCertificateArn": "arn"}}}

test_old if count(cloudfront_002.deny) == 1 with input as {"inputs": {"viewerCertificate": {"minimumProtocolVersion": "TLSv1.1_2016"}}}

test_cloudfronts_own if count(cloudfront_002.deny) == 0 with input as {"inputs": {"viewerCertificate": {"cloudfrontDefaultCertificate": true}}}
