package aws.s3_008_test

import rego.v1

import data.aws.s3_008

denial := {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}

test_denied if count(s3_008.deny) == 0 with input as {"inputs": {"policy": {"Statement": [denial]}}}

test_no_policy if count(s3_008.deny) == 0 with input as {"inputs": {}}

test_not_denied if count(s3_008.deny) == 1 with input as {"inputs": {"policy": {"Statement": []}}}

test_all_actions_denied if count(s3_008.deny) == 0 with input as {"inputs": {"policy": {"Statement": [object.union(denial, {"Action": "*"})]}}}

test_only_reads if count(s3_008.deny) == 1 with input as {"inputs": {"policy": {"Statement": [object.union(denial, {"Action": "s3:GetObject"})]}}}

test_only_somebody if count(s3_008.deny) == 1 with input as {"inputs": {"policy": {"Statement": [object.union(denial, {"Principal": {"AWS": "arn:aws:iam::1:root"}})]}}}

test_other_way_around if count(s3_008.deny) == 1 with input as {"inputs": {"policy": {"Statement": [object.union(denial, {"Condition": {"Bool": {"aws:SecureTransport": "true"}}})]}}}
