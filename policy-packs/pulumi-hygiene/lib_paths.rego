# Property paths as `ignoreChanges` writes them. Only what a rule passes in is read.
package hygiene.paths

import rego.v1

# `spec.rules[0]["tls"].*` in parts: spec, rules, tls. Indices and wildcards are left out: all elements are meant.
parts(path) := [part |
	plain := strings.replace_n({"[": ".", "]": "", "\"": "", "'": "", " ": ""}, path)
	some part in split(plain, ".")
	trim(part, "0123456789*") != ""
]
