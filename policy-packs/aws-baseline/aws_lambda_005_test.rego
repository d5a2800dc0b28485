package aws.lambda_005_test

import rego.v1

import data.aws.lambda_005

test_supported if count(lambda_005.deny) == 0 with input as {"inputs": {"runtime": "python3.13"}, "params": {"deprecated": ["python2.7"]}}

test_image if count(lambda_005.deny) == 0 with input as {"inputs": {"packageType": "Image"}, "params": {"deprecated": ["python2.7"]}}

test_old if count(lambda_005.deny) == 1 with input as {"inputs": {"runtime": "python2.7"}, "params": {"deprecated": ["python2.7"]}}
