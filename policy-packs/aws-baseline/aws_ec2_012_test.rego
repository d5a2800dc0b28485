package aws.ec2_012_test

import rego.v1

import data.aws.ec2_012

test_networks if count(ec2_012.deny) == 0 with input as {"inputs": {"entries": [{"cidr": "10.0.0.0/8"}, {"cidr": "2001:db8::/32"}]}}

test_the_internet if count(ec2_012.deny) == 2 with input as {"inputs": {"entries": [{"cidr": "10.0.0.0/8"}, {"cidr": "0.0.0.0/1"}, {"cidr": "::/0"}]}}

test_entry if {
	count(ec2_012.deny) == 1 with input as {"inputs": {"cidr": "0.0.0.0/0"}}
	count(ec2_012.deny) == 0 with input as {"inputs": {"cidr": "203.0.113.0/24"}}
}
