package hygiene.paths_test

import rego.v1

import data.hygiene.paths

test_parts if {
	paths.parts("spec.rules[0][\"tls\"].*") == ["spec", "rules", "tls"]
	paths.parts("tags") == ["tags"]
	paths.parts("x2.y") == ["x2", "y"]
}

test_nothing_is_left_of_everything if {
	every path in ["*", "", "[*]", " * ", "**", "[0]"] {
		paths.parts(path) == []
	}
}
