package aws.s3_002_test

import rego.v1

import data.aws.s3_002

test_private if count(s3_002.deny) == 0 with input as {"inputs": {"acl": "private"}}

test_no_acl if count(s3_002.deny) == 0 with input as {"inputs": {}}

test_public if count(s3_002.deny) == 1 with input as {"inputs": {"acl": "public-read"}}

test_grant if count(s3_002.deny) == 1 with input as {"inputs": {"grants": [{"uri": "http://acs.amazonaws.com/groups/global/AllUsers"}]}}

test_policy_grant if {
	grants := [{"grantee": {"uri": "http://acs.amazonaws.com/groups/global/AuthenticatedUsers"}}]
	count(s3_002.deny) == 1 with input as {"inputs": {"accessControlPolicy": {"grants": grants}}}
}
