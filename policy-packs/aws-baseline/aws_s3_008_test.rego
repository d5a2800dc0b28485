package aws.s3_008_test

import rego.v1

import data.aws.s3_008

denial := {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": ["arn:aws:s3:::b", "arn:aws:s3:::b/*"], "Condition": {"Bool": {"aws:SecureTransport": "false"}}}

test_denied if count(s3_008.deny) == 0 with input as {"inputs": {"policy": {"Statement": [denial]}}}

test_no_policy if count(s3_008.deny) == 0 with input as {"inputs": {}}

test_not_denied if count(s3_008.deny) == 1 with input as {"inputs": {"policy": {"Statement": []}}}

test_all_actions_denied if count(s3_008.deny) == 0 with input as {"inputs": {"policy": {"Statement": [object.union(denial, {"Action": "*"})]}}}

test_only_reads if count(s3_008.deny) == 1 with input as {"inputs": {"policy": {"Statement": [object.union(denial, {"Action": "s3:GetObject"})]}}}

test_only_somebody if count(s3_008.deny) == 1 with input as {"inputs": {"policy": {"Statement": [object.union(denial, {"Principal": {"AWS": "arn:aws:iam::1:root"}})]}}}

test_other_way_around if count(s3_008.deny) == 1 with input as {"inputs": {"policy": {"Statement": [object.union(denial, {"Condition": {"Bool": {"aws:SecureTransport": "true"}}})]}}}

with_resource(resource) := {"inputs": {"policy": {"Statement": [object.union(denial, {"Resource": resource})]}}}

test_the_bucket_and_its_objects if {
	every resource in ["*", "arn:aws:s3:::b*", "arn:aws:s3:::*", ["arn:aws:s3:::b/*", "arn:aws:s3:::b", "arn:aws:s3:::c"]] {
		count(s3_008.deny) == 0 with input as with_resource(resource)
	}
}

test_something_else if {
	every resource in ["arn:aws:s3:::b", "arn:aws:s3:::b/*", ["arn:aws:s3:::b", "arn:aws:s3:::c/*"], ["arn:aws:s3:::b", "arn:aws:s3:::b/x/*"], []] {
		count(s3_008.deny) == 1 with input as with_resource(resource)
	}
}

test_in_two_statements if {
	count(s3_008.deny) == 0 with input as {"inputs": {"policy": {"Statement": [
		object.union(denial, {"Resource": "arn:aws:s3:::b"}),
		object.union(denial, {"Resource": "arn:aws:s3:::b/*"}),
	]}}}
}

but(condition) := {"inputs": {"policy": json.marshal({"Statement": [object.union(object.remove(denial, {"Condition"}), {"Condition": condition})]})}}

test_under_another_condition if {
	count(s3_008.deny) == 0 with input as but({"Bool": {"aws:SecureTransport": false}})
	count(s3_008.deny) == 1 with input as but({"Bool": {"aws:SecureTransport": "false"}, "StringEquals": {"aws:SourceVpc": "vpc-1"}})
	count(s3_008.deny) == 1 with input as but({"Bool": {"aws:SecureTransport": "false", "aws:ViaAWSService": "false"}})
	count(s3_008.deny) == 1 with input as but({})
}

test_all_but_somebody if {
	statement := object.union(object.remove(denial, {"Principal"}), {"NotPrincipal": {"AWS": "arn:aws:iam::1:root"}})
	count(s3_008.deny) == 1 with input as {"inputs": {"policy": {"Statement": [statement]}}}
}
