package aws.elb_001_test

import rego.v1

import data.aws.elb_001

test_encrypted if count(elb_001.deny) == 0 with input as {"inputs": {"listeners": [{"lbProtocol": "https"}, {"lbProtocol": "ssl"}]}}

test_plain if count(elb_001.deny) == 1 with input as {"inputs": {"listeners": [{"lbProtocol": "https"}, {"lbProtocol": "http"}]}}
