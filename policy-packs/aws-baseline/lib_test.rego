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
	not lib.is_readable("true")
	lib.is_readable("\n {\"Statement\": []}")
}

test_only_a_tying_condition_ties if {
	lib.is_tied({"condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}})
	not lib.is_tied({"condition": {"Bool": {"aws:SecureTransport": "true"}}})
	not lib.is_tied({"condition": {"StringLike": {"aws:PrincipalArn": "*"}}})
	not lib.is_tied({"condition": {"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}}})
	not lib.is_tied({"condition": {"StringEquals": {"aws:PrincipalOrgID": []}}})
}

test_a_pattern_of_accounts_ties_nothing if {
	every value in ["1111*", "*", "????????????", "", "${aws:PrincipalAccount}", 7, null] {
		not lib.is_tied({"condition": {"StringLike": {"aws:PrincipalAccount": value}}})
	}
	lib.is_tied({"condition": {"StringLike": {"aws:PrincipalAccount": ["111122223333", "444455556666"]}}})
	lib.is_tied({"condition": {"StringEquals": {"aws:PrincipalAccount": "${aws:ResourceAccount}"}}})
	not lib.is_tied({"condition": {"StringLike": {"aws:SourceVpc": "vpc-*"}}})
	not lib.is_tied({"condition": {"StringLike": {"aws:PrincipalOrgID": ["o-1", "o-*"]}}})
}

test_the_paths_of_an_organization if {
	lib.is_tied({"condition": {"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-1/r-1/ou-1/*"}}})
	not lib.is_tied({"condition": {"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-*/r-1/*"}}})
	not lib.is_tied({"condition": {"ForAllValues:StringLike": {"aws:PrincipalOrgPaths": "o-1/r-1/*"}}})
}

test_an_arn_ties_to_its_account if {
	every value in [
		"arn:aws:iam::111122223333:role/*", "arn:aws:sns:*:111122223333:*", "arn:*:*:*:111122223333:*",
		"arn:aws:sns:eu-central-1:${aws:ResourceAccount}:*",
	] {
		lib.is_tied({"condition": {"ArnLike": {"aws:SourceArn": value}}})
	}
	every value in [
		"arn:aws:iam::*:role/*", "arn:aws:iam::1111*:role/*", "arn:aws:iam::????????????:role/deploy", "arn:aws:iam::aws:policy/x",
		"arn:aws:s3:*:*:*", "arn:aws:sns:eu-central-1:*:topic", "arn:aws:sns", "arn:aws:iam::${aws:PrincipalAccount}:role/*", 7, null,
	] {
		not lib.is_tied({"condition": {"ArnLike": {"aws:SourceArn": value}}})
		not lib.is_tied({"condition": {"ArnEquals": {"aws:PrincipalArn": value}}})
	}
}

test_in_a_text_a_wildcard_crosses_colons if {
	lib.is_tied({"condition": {"StringLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/*"}}})
	not lib.is_tied({"condition": {"StringLike": {"aws:PrincipalArn": "arn:aws:*::111122223333:role/*"}}})
}

test_a_bucket_ties_by_its_name if {
	lib.is_tied({"condition": {"ArnLike": {"aws:SourceArn": "arn:aws:s3:::uploads"}}})
	lib.is_tied({"condition": {"ArnLike": {"aws:SourceArn": "arn:aws:s3:::uploads/*"}}})
	every value in ["arn:aws:s3:::*", "arn:aws:s3:::up*", "arn:aws:s3:::", "arn:aws:s3:::*/x"] {
		not lib.is_tied({"condition": {"ArnLike": {"aws:SourceArn": value}}})
	}
}

test_a_name_in_two_spellings if {
	not lib.lowered({"Statement": [], "statement": []})
	not lib.is_readable(`{"Statement": [], "statement": []}`)
	not lib.is_readable({"Statement": [{"Effect": "Allow", "effect": "Deny"}]})
	not lib.is_readable({"Statement": ["Allow"]})
	lib.allowing({"Statement": [], "statement": [{"Effect": "Allow"}]}) == []
	not lib.containers(`[{"name": "web", "Name": "other"}]`)
}

test_the_world_in_parts if {
	lib.is_world("0.0.0.0/0")
	lib.is_world("128.0.0.0/1")
	lib.is_world("::/0")
	lib.is_world("2000::/3")
	not lib.is_world("10.0.0.0/8")
	not lib.is_world("2001:db8::/32")
	not lib.is_world("fc00::/7")
	not lib.is_world("FD00::/8")
	lib.is_world(" 0.0.0.0/0 ")
	lib.is_world("::/0 ")
	lib.is_world("fc00::/6")
}

test_an_address_ties_unless_it_is_the_world if {
	lib.is_tied({"condition": {"IpAddress": {"aws:SourceIp": ["203.0.113.0/24"]}}})
	not lib.is_tied({"condition": {"IpAddress": {"aws:SourceIp": ["203.0.113.0/24", "0.0.0.0/0"]}}})
	not lib.is_tied({"condition": {"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}})
}

test_a_mount_target_ties if {
	lib.is_tied({"condition": {"Bool": {"elasticfilesystem:AccessedViaMountTarget": "true"}}})
	not lib.is_tied({"condition": {"Bool": {"elasticfilesystem:AccessedViaMountTarget": "false"}}})
}

test_statements_by_their_effect if {
	policy := {"Statement": [{"Effect": "Allow"}, {"effect": "deny"}, {"Effect": "other"}]}
	lib.allowing(policy) == [{"effect": "Allow"}]
	lib.denying(policy) == [{"effect": "deny"}]
}

test_booleans_as_text if {
	every value in [true, "true", "True"] {
		lib.is_true(value)
		not lib.is_false(value)
	}
	every value in [false, "false"] {
		lib.is_false(value)
		not lib.is_true(value)
	}
	not lib.is_true("")
	not lib.is_true(1)
	not lib.is_false(null)
}

test_a_blank_text_says_nothing if {
	lib.is_given("a")
	not lib.is_given(" ")
	not lib.is_given(null)
}

test_covers if {
	lib.covers({"from": 22, "to": 22}, 22)
	lib.covers({"from": 0, "to": 65535}, 22)
	not lib.covers({"from": 23, "to": 30}, 22)
	not lib.covers({"from": 0, "to": 21}, 22)
}

test_ranges if {
	lib.range("-1", 0, 0) == {"from": 0, "to": 65535}
	lib.range("tcp", "80", 90) == {"from": 80, "to": 90}
	lib.range("6", null, null) == {"from": 0, "to": 65535}
	lib.range(6, 23, null) == {"from": 23, "to": 65535}
	lib.range(null, null, 21) == {"from": 0, "to": 21}
	not lib.range("tcp", "ssh", 22)
	not lib.range("icmp", 0, 255)
}

test_containers if {
	lib.containers(`[{"name": "web"}]`) == [{"name": "web"}]
	not lib.containers("[")
	not lib.containers("{}")
}

test_containers_in_any_case if {
	lib.containers(`[{"Name": "web", "Privileged": true}]`) == [{"name": "web", "privileged": true}]
}

test_names_of_parts if {
	lib.name({"name": "web"}) == "web"
	lib.name({"name": 1}) == "?"
	lib.name({}) == "?"
}

test_patterns_of_actions if {
	every pattern in ["iam:PassRole", "iam:*", "iam:Pass*", "*", "iam:?assRole", "i*Role"] {
		lib.may_match(pattern, "iam:passrole")
	}
	not lib.may_match("iam:GetRole", "iam:passrole")
	not lib.may_match("s3:*", "iam:passrole")
	not lib.may_match("iam:*User", "iam:passrole")
}

test_patterns_that_are_sure_to_match if {
	every pattern in ["iam:PassRole", "iam:*", "iam:Pass*", "*"] {
		lib.must_match(pattern, "iam:passrole")
	}
	every pattern in ["iam:P*Role", "s3:*", "iam:?assRole*", "iam:GetRole"] {
		not lib.must_match(pattern, "iam:passrole")
	}
}

test_actions_of_a_statement if {
	lib.may_allow({"action": ["s3:*", "iam:*"]}, "iam:passrole")
	lib.may_allow({"notaction": "s3:*"}, "iam:passrole")
	not lib.may_allow({"notaction": ["s3:*", "iam:*"]}, "iam:passrole")
	not lib.may_allow({"action": "s3:*"}, "iam:passrole")
}

test_protocols_in_any_case if {
	every protocol in ["-1", "all", "ALL", -1] {
		lib.is_any(protocol)
	}
	not lib.is_any("tcp")
	not lib.range("ICMP", 0, 255)
	not lib.range(1, 0, 255)
	lib.range(6, 22, 22) == {"from": 22, "to": 22}
}

test_anybody if {
	lib.is_for_anybody({"principal": "*"})
	lib.is_for_anybody({"principal": {"AWS": ["arn:aws:iam::1:root", "*"]}})
	lib.is_for_anybody({"notprincipal": {"AWS": "arn:aws:iam::1:root"}})
	not lib.is_for_anybody({"principal": {"Service": "lambda.amazonaws.com"}})
}
