package aws.ec2_002_test

import rego.v1

import data.aws.ec2_002

test_private if count(ec2_002.deny) == 0 with input as {"inputs": {"associatePublicIpAddress": false}}

test_default if count(ec2_002.deny) == 0 with input as {"inputs": {}}

test_public if count(ec2_002.deny) == 1 with input as {"inputs": {"associatePublicIpAddress": true}}

test_template if count(ec2_002.deny) == 1 with input as {"inputs": {"networkInterfaces": [{"associatePublicIpAddress": "false"}, {"associatePublicIpAddress": "true"}]}}

test_fleet if count(ec2_002.deny) == 1 with input as {"inputs": {"launchSpecifications": [{"associatePublicIpAddress": false}, {"associatePublicIpAddress": true}]}}
