# Address ranges. Only what a rule passes in is read.
package k8s.net

import rego.v1

# A range so wide that it is the whole Internet, or one of a few parts of it.
is_world(range) if {
	not contains(range, ":")
	to_number(trim_space(split(range, "/")[1])) < 8
}

is_world(range) if {
	contains(range, ":")
	to_number(trim_space(split(range, "/")[1])) < 16
}
