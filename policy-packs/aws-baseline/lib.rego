# Helpers that read nothing themselves: only what a rule passes in is read.
package aws.lib

import rego.v1

# A policy document, given as text or as an object.
document(policy) := policy if is_object(policy)

document(policy) := json.unmarshal(policy) if {
	is_string(policy)
	json.is_valid(policy)
}

# IAM does not look at the case of element names.
lowered(object) := {lower(key): value | some key, value in object}

list(value) := value if is_array(value)

list(value) := [value] if not is_array(value)

is_readable(policy) if is_object(lowered(document(policy)).statement)

is_readable(policy) if is_array(lowered(document(policy)).statement)

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

# Condition keys that tie a request to known accounts or networks.
tying := {
	"aws:principalaccount", "aws:principalarn", "aws:principalorgid", "aws:principalorgpaths",
	"aws:sourceaccount", "aws:sourcearn", "aws:sourceorgid", "aws:sourcevpc", "aws:sourcevpce",
	"aws:sourceowner", "kms:calleraccount",
}

is_tied(statement) if {
	some operator, conditions in statement.condition
	lower(operator) in {"stringequals", "stringlike", "arnequals", "arnlike"}
	some key, values in conditions
	lower(key) in tying
	every value in list(values) {
		is_string(value)
		not is_everything(value)
	}
}

is_tied(statement) if {
	some operator, conditions in statement.condition
	lower(operator) == "ipaddress"
	some key, values in conditions
	lower(key) in {"aws:sourceip", "aws:vpcsourceip"}
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
	to_number(split(cidr, "/")[1]) < 8
}

is_world(cidr) if {
	contains(cidr, ":")
	to_number(split(cidr, "/")[1]) < 16
	not is_local(cidr)
}

# `fc00::/7` and `fe80::/10` are never routed on the Internet.
is_local(cidr) if {
	some prefix in {"fc", "fd", "fe80:"}
	startswith(lower(cidr), prefix)
	to_number(split(cidr, "/")[1]) >= 7
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
	is_string(text)
	json.is_valid(text)
	is_array(json.unmarshal(text))
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
