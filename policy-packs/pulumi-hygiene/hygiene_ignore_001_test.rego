package hygiene.ignore_001_test

import rego.v1

import data.hygiene.ignore_001

test_one if count(ignore_001.deny) == 0 with input as {"options": {"ignore_changes": ["desiredCount"]}}

test_none if count(ignore_001.deny) == 0 with input as {"options": {"ignore_changes": []}}

test_part if count(ignore_001.deny) == 0 with input as {"options": {"ignore_changes": ["tags.*", "rules[*].tags", "spec.replicas", "spec.template.spec.containers[0].image"]}}

test_all if count(ignore_001.deny) == 1 with input as {"options": {"ignore_changes": ["*"]}}

test_another_way if count(ignore_001.deny) == 1 with input as {"options": {"ignore_changes": ["tags", "[*]"]}}

test_empty if count(ignore_001.deny) == 1 with input as {"options": {"ignore_changes": [""]}}

test_whole_specification if count(ignore_001.deny) == 1 with input as {"options": {"ignore_changes": ["spec"]}}

test_all_below_it if count(ignore_001.deny) == 1 with input as {"options": {"ignore_changes": ["spec.template.spec.*"]}}

test_a_container if count(ignore_001.deny) == 1 with input as {"options": {"ignore_changes": ["spec.template.spec.containers[0]"]}}
