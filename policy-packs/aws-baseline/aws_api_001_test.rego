package aws.api_001_test

import rego.v1

import data.aws.api_001

test_a_type_of_its_own if {
	every type in ["aws:ec2/securityGroup:SecurityGroup", "aws:cloudformation/cloudFormationType:CloudFormationType", "pulumi:providers:aws-native", "awsx:ec2:Vpc"] {
		count(api_001.deny) == 0 with input as {"type": type}
	}
}

test_a_template if {
	every type in api_001.generic {
		count(api_001.deny) == 1 with input as {"type": type}
	}
}

test_another_provider if {
	count(api_001.deny) == 1 with input as {"type": "aws-native:s3:Bucket"}
	count(api_001.deny) == 1 with input as {"type": "aws:index/s3Bucket:S3Bucket"}
}
