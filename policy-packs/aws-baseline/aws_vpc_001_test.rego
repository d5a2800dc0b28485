package aws.vpc_001_test

import rego.v1

import data.aws.vpc_001

# So many resources of each type.
steps(types) := {"resources": [{"type": type, "urn": sprintf("%s %d", [type, number])} |
	some type, count in types
	some number in numbers.range(1, count)
]}

test_logged if count(vpc_001.deny) == 0 with input as steps({"aws:ec2/vpc:Vpc": 1, "aws:ec2/flowLog:FlowLog": 2})

test_not_logged if count(vpc_001.deny) == 1 with input as steps({"aws:ec2/vpc:Vpc": 1})

test_no_network if count(vpc_001.deny) == 0 with input as steps({})
