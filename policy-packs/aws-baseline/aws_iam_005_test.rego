package aws.iam_005_test

import rego.v1

import data.aws.iam_005

test_user if count(iam_005.deny) == 1 with input as {"type": "aws:iam/userPolicy:UserPolicy", "inputs": {"user": "u"}}

test_roles if count(iam_005.deny) == 0 with input as {"type": "aws:iam/policyAttachment:PolicyAttachment", "inputs": {"roles": ["r"]}}

test_users if count(iam_005.deny) == 1 with input as {"type": "aws:iam/policyAttachment:PolicyAttachment", "inputs": {"users": ["u"]}}

test_all_of_a_user if {
	count(iam_005.deny) == 1 with input as {"type": "aws:iam/userPolicyAttachmentsExclusive:UserPolicyAttachmentsExclusive", "inputs": {"policyArns": ["a"]}}
	count(iam_005.deny) == 0 with input as {"type": "aws:iam/userPolicyAttachmentsExclusive:UserPolicyAttachmentsExclusive", "inputs": {"policyArns": []}}
}
