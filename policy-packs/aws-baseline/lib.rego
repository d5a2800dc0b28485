# Helpers for policy documents. Only what a rule passes in is read.
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
allowing(policy) := [statement |
	some each in list(lowered(document(policy)).statement)
	statement := lowered(each)
	lower(statement.effect) == "allow"
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

# An address range so wide that it is the whole Internet, or one of a few parts of it.
is_world(cidr) if {
	not contains(cidr, ":")
	to_number(split(cidr, "/")[1]) < 8
}

is_world(cidr) if {
	contains(cidr, ":")
	to_number(split(cidr, "/")[1]) < 16
}
