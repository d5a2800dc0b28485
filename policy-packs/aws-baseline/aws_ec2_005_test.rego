package aws.ec2_005_test

import rego.v1

import data.aws.ec2_005

test_plain if count(ec2_005.deny) == 0 with input as {"inputs": {"userData": "#!/bin/sh\nyum install -y nginx\n"}}

test_no_user_data if count(ec2_005.deny) == 0 with input as {"inputs": {}}

test_key if count(ec2_005.deny) == 1 with input as {"inputs": {"userData": "export AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE\n"}}

test_encoded if count(ec2_005.deny) == 1 with input as {"inputs": {"userData": base64.encode("id=AKIAIOSFODNN7EXAMPLE")}}

test_encoded_elsewhere if count(ec2_005.deny) == 1 with input as {"inputs": {"userDataBase64": base64.encode("-----BEGIN PRIVATE KEY-----")}}

test_fleet if {
	count(ec2_005.deny) == 1 with input as {"inputs": {"launchSpecifications": [{}, {"userData": "id=AKIAIOSFODNN7EXAMPLE"}]}}
	count(ec2_005.deny) == 1 with input as {"inputs": {"launchSpecifications": [{"userData": base64.encode("id=AKIAIOSFODNN7EXAMPLE")}]}}
}
