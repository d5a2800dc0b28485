package aws.ec2_010_test

import rego.v1

import data.aws.ec2_010

test_account if count(ec2_010.deny) == 0 with input as {"inputs": {"accountId": "111122223333"}}

test_everybody if count(ec2_010.deny) == 1 with input as {"inputs": {"group": "all"}}
