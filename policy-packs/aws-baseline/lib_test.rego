package aws.lib_test

import rego.v1

import data.aws.lib

test_everything_has_many_spellings if {
	every pattern in ["*", "**", "*:*", "arn:aws:*", "arn:*"] {
		lib.is_everything(pattern)
	}
	not lib.is_everything("s3:*")
	not lib.is_everything("arn:aws:s3:::bucket/*")
}

test_a_policy_is_text_or_an_object if {
	lib.is_readable(`{"Statement": []}`)
	lib.is_readable({"statement": {}})
	not lib.is_readable("no")
	not lib.is_readable("[]")
}

test_only_a_tying_condition_ties if {
	lib.is_tied({"condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}})
	not lib.is_tied({"condition": {"Bool": {"aws:SecureTransport": "true"}}})
	not lib.is_tied({"condition": {"StringLike": {"aws:PrincipalArn": "*"}}})
	not lib.is_tied({"condition": {"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}}})
}

test_the_world_in_parts if {
	lib.is_world("0.0.0.0/0")
	lib.is_world("128.0.0.0/1")
	lib.is_world("::/0")
	lib.is_world("2000::/3")
	not lib.is_world("10.0.0.0/8")
	not lib.is_world("2001:db8::/32")
}
