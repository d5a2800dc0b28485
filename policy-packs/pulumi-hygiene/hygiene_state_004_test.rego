package hygiene.state_004_test

import rego.v1

import data.hygiene.state_004

test_create if count(state_004.deny) == 0 with input as {"op": "create"}

test_import if count(state_004.deny) == 1 with input as {"op": "import"}

test_replacement if count(state_004.deny) == 1 with input as {"op": "import-replacement"}
