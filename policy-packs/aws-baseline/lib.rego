# Helpers that read nothing themselves: only what a rule passes in is read.
package aws.lib

import rego.v1

# A policy document, given as text or as an object. Other JSON is not read: OPA's module traps over a text that is a lone `true`.
document(policy) := policy if is_object(policy)

document(policy) := json.unmarshal(policy) if {
	startswith(trim_space(policy), "{")
	json.is_valid(policy)
}

# IAM does not look at the case of element names. An object with one name in two spellings says two things, and is no element.
lowered(object) := {lower(key): value | some key, value in object} if is_unambiguous(object)

is_unambiguous(object) if {
	is_object(object)
	count({lower(key) | some key, _ in object}) == count(object)
}

list(value) := value if is_array(value)

list(value) := [value] if not is_array(value)

is_readable(policy) if {
	every statement in list(lowered(document(policy)).statement) {
		is_unambiguous(statement)
	}
}

is_written(policy) if is_object(policy)

is_written(policy) if is_given(policy)

# The statements that allow something.
allowing(policy) := having(policy, "allow")

# The statements that deny something.
denying(policy) := having(policy, "deny")

having(policy, effect) := [statement |
	some each in list(lowered(document(policy)).statement)
	statement := lowered(each)
	lower(statement.effect) == effect
]

# Whether a pattern matches everything, however it is written: `*`, `**`, `*:*`, `arn:aws:*`.
is_everything(pattern) if trim(pattern, "*?:/") in {"", "arn", "arn:aws", "arn:aws-cn", "arn:aws-us-gov"}

# Whether a statement names no principal in particular.
is_for_anybody(statement) if is_everything(statement.principal)

is_for_anybody(statement) if {
	some value in statement.principal
	some principal in list(value)
	is_everything(principal)
}

is_for_anybody(statement) if statement.notprincipal

# Condition keys that tie a request to known accounts, organizations or networks, each of which is one value.
tying := {
	"aws:principalaccount", "aws:principalorgid", "aws:sourceaccount", "aws:sourceorgid", "aws:sourceowner", "aws:sourcevpc",
	"aws:sourcevpce", "kms:calleraccount",
}

is_tied(statement) if {
	some operator, conditions in statement.condition
	name := plain_operator(operator)
	name in {"stringequals", "stringlike", "arnequals", "arnlike"}
	some key, values in conditions
	count(list(values)) > 0
	every value in list(values) {
		ties(name, lower(key), value)
	}
}

# Of a key with several values, one is enough; `ForAllValues` also holds where there is none.
plain_operator(operator) := trim_prefix(lower(operator), "foranyvalue:")

ties(_, key, value) if {
	key in tying
	is_one(value)
}

# The way through an organization begins with its id.
ties(_, key, value) if {
	key in {"aws:principalorgpaths", "aws:sourceorgpaths"}
	is_one(split(value, "/")[0])
}

ties(operator, key, value) if {
	key in {"aws:principalarn", "aws:sourcearn"}
	names_account(operator, value)
}

# Whether a value of a condition is one value, and not a pattern. Of variables only the owner's own account and organization tie.
is_one(value) if {
	is_given(value)
	not is_pattern(value)
}

is_one(value) if lower(value) in {"${aws:resourceaccount}", "${aws:resourceorgid}"}

is_pattern(value) if {
	some character in {"*", "?", "$"}
	contains(value, character)
}

# Whether a pattern of ARNs matches those of one account alone.
names_account(operator, value) if {
	parts := split(replace(lower(value), "${aws:resourceaccount}", "0"), ":")
	count(parts) > 5
	parts[4] != ""
	trim(parts[4], "0123456789") == ""
	has_plain_start(operator, parts)
}

# An ARN of S3 has no account; the bucket's name is its own.
names_account(operator, value) if {
	parts := split(value, ":")
	count(parts) > 5
	parts[2] == "s3"
	parts[4] == ""
	is_one(split(parts[5], "/")[0])
	has_plain_start(operator, parts)
}

# In an ARN a wildcard ends at a colon; in a text it does not, and names may have colons.
has_plain_start(operator, _) if operator in {"arnlike", "arnequals"}

has_plain_start(operator, parts) if {
	operator in {"stringequals", "stringlike"}
	not is_pattern(concat(":", array.slice(parts, 0, 4)))
}

is_tied(statement) if {
	some operator, conditions in statement.condition
	lower(operator) == "ipaddress"
	some key, values in conditions
	lower(key) in {"aws:sourceip", "aws:vpcsourceip"}
	count(list(values)) > 0
	every value in list(values) {
		is_string(value)
		not is_world(value)
	}
}

# Who comes through a mount target is in the network of the file system; AWS's own services are not anybody.
is_tied(statement) if {
	some operator, conditions in statement.condition
	lower(operator) == "bool"
	some key, values in conditions
	lower(key) in {"elasticfilesystem:accessedviamounttarget", "aws:principalisawsservice"}
	every value in list(values) {
		is_true(value)
	}
}

# Some properties hold a boolean as text.
is_true(value) if value == true

is_true(value) if {
	is_string(value)
	lower(value) == "true"
}

is_false(value) if value == false

is_false(value) if {
	is_string(value)
	lower(value) == "false"
}

# Whether a text says something.
is_given(text) if {
	is_string(text)
	trim_space(text) != ""
}

# An address range so wide that it is the whole Internet, or one of a few parts of it.
is_world(cidr) if {
	not contains(cidr, ":")
	to_number(trim_space(split(cidr, "/")[1])) < 8
}

is_world(cidr) if {
	contains(cidr, ":")
	to_number(trim_space(split(cidr, "/")[1])) < 16
	not is_local(cidr)
}

# `fc00::/7` and `fe80::/10` are never routed on the Internet.
is_local(cidr) if {
	some prefix in {"fc", "fd", "fe80:"}
	startswith(lower(trim_space(cidr)), prefix)
	to_number(trim_space(split(cidr, "/")[1])) >= 7
}

# All ports.
everything := {"from": 0, "to": 65535}

range(protocol, _, _) := everything if is_any(protocol)

# Where the protocol is ICMP, the numbers are no ports. A port that is not said, here null, leaves that end of the range open.
range(protocol, from, to) := {"from": lowest(from), "to": highest(to)} if {
	not is_any(protocol)
	not is_icmp(protocol)
}

lowest(from) := to_number(from) if from != null

lowest(null) := everything.from

highest(to) := to_number(to) if to != null

highest(null) := everything.to

is_icmp(protocol) if {
	is_string(protocol)
	lower(protocol) in {"icmp", "icmpv6", "1", "58"}
}

is_icmp(protocol) if protocol in {1, 58}

is_any(protocol) if {
	is_string(protocol)
	lower(protocol) in {"-1", "all"}
}

is_any(protocol) if protocol == -1

covers(ports, port) if {
	ports.from <= port
	port <= ports.to
}

# The containers of a task of ECS, which are written as text. The provider does not look at the case of names.
containers(text) := [lowered(container) | some container in json.unmarshal(text)] if {
	startswith(trim_space(text), "[")
	json.is_valid(text)
	every container in json.unmarshal(text) {
		is_unambiguous(container)
	}
}

# What a part of a document is called, also where it has no name.
name(part) := part.name if is_string(part.name)

name(part) := "?" if not is_named(part)

is_named(part) if is_string(part.name)

# Whether a pattern of actions may match one. Both are compared up to the first wildcard and from the last, so some that cannot match do.
may_match(pattern, action) if {
	parts := split(replace(lower(pattern), "?", "*"), "*")
	count(parts) > 1
	startswith(action, parts[0])
	endswith(action, parts[count(parts) - 1])
}

may_match(pattern, action) if lower(pattern) == action

# Whether a pattern of actions is sure to match one: the action itself, or how it begins.
must_match(pattern, action) if lower(pattern) == action

must_match(pattern, action) if {
	endswith(pattern, "*")
	start := trim_right(lower(pattern), "*")
	not is_pattern(start)
	startswith(action, start)
}

# Whether a statement allows an action, by naming it or by not leaving it out. Some that do not are taken for one that does.
may_allow(statement, action) if {
	some pattern in list(statement.action)
	may_match(pattern, action)
}

may_allow(statement, action) if {
	patterns := list(statement.notaction)
	every pattern in patterns {
		not must_match(pattern, action)
	}
}
