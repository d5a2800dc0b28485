package aws.ec2_013_test

import rego.v1

import data.aws.ec2_013

test_private if count(ec2_013.deny) == 0 with input as {"inputs": {"mapPublicIpOnLaunch": false}}

test_default if count(ec2_013.deny) == 0 with input as {"inputs": {}}

test_public if count(ec2_013.deny) == 1 with input as {"inputs": {"mapPublicIpOnLaunch": true}}
