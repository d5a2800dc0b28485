package aws.iam_001_test

import rego.v1

import data.aws.iam_001

policy(statement) := {"inputs": {"policy": json.marshal({"Statement": statement})}}

test_narrow if count(iam_001.deny) == 0 with input as policy({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"})

test_star if count(iam_001.deny) == 1 with input as policy([{"Effect": "Allow", "Action": ["s3:*", "*"], "Resource": ["*"]}])

test_spellings if count(iam_001.deny) == 1 with input as policy({"effect": "allow", "action": "*:*", "resource": "arn:aws:*"})

test_not_action if count(iam_001.deny) == 1 with input as policy({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"})

test_deny if count(iam_001.deny) == 0 with input as policy({"Effect": "Deny", "Action": "*", "Resource": "*"})

test_inline if {
	statement := {"Effect": "Allow", "Action": "*", "Resource": "*"}
	count(iam_001.deny) == 1 with input as {"inputs": {"inlinePolicies": [{"policy": {"Statement": [statement]}}]}}
}

test_not_resource if count(iam_001.deny) == 1 with input as policy({"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:s3:::b"})

test_not_a_document if count(iam_001.deny) == 1 with input as {"inputs": {"policy": "everything"}}

twice := `{"Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::x/*"}], "statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}`

test_statements_in_two_spellings if {
	count(iam_001.deny) == 1 with input as {"inputs": {"policy": twice}}
	count(iam_001.deny) == 1 with input as {"inputs": {"inlinePolicies": [{"policy": twice}]}}
}

# An inline policy that is empty takes all others away.
test_no_inline_policy if count(iam_001.deny) == 0 with input as {"inputs": {"inlinePolicies": [{"policy": ""}, {}]}}

test_in_a_permission_set if count(iam_001.deny) == 1 with input as {"inputs": {"inlinePolicy": {"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}}}
