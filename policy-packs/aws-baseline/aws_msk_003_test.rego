package aws.msk_003_test

import rego.v1

import data.aws.msk_003

test_iam if count(msk_003.deny) == 0 with input as {"inputs": {"clientAuthentication": {"sasl": {"iam": true}}}}

test_certificates if count(msk_003.deny) == 0 with input as {"inputs": {"clientAuthentication": {"tls": {"certificateAuthorityArns": ["arn"]}}}}

test_default if count(msk_003.deny) == 1 with input as {"inputs": {}}

test_both if count(msk_003.deny) == 1 with input as {"inputs": {"clientAuthentication": {"sasl": {"scram": true}, "unauthenticated": true}}}
