package aws.s3_012_test

import rego.v1

import data.aws.s3_012

bucket(name, inputs) := {"type": "aws:s3/bucket:Bucket", "urn": name, "op": "create", "inputs": inputs}

block(name, inputs) := {"type": "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", "urn": name, "op": "create", "inputs": inputs}

two := [bucket("a", {"bucket": "x"}), bucket("b", {"bucket": "y"})]

denied(resources) := urns if {
	found := s3_012.deny with input as {"resources": resources}
	urns := {finding.urn | some finding in found}
}

test_each_has_one if denied(array.concat(two, [block("p", {"bucket": "x"}), block("q", {"bucket": "y"})])) == set()

test_nothing if denied([]) == set()

test_no_block if denied(two) == {"a", "b"}

test_both_for_one if denied(array.concat(two, [block("p", {"bucket": "x"}), block("q", {"bucket": "x"})])) == {"b"}

test_a_replacement_is_one if {
	steps := [object.union(block("p", {"bucket": "x"}), {"op": op}) | some op in ["create-replacement", "replace"]]
	denied(array.concat(two, steps)) == {"b"}
}

test_of_another_stack if denied(array.concat(two, [block("p", {"bucket": "x"}), block("q", {"bucket": "z"})])) == {"b"}

# The name of the resource is not the name of the bucket.
test_without_a_name if denied([bucket("a", {"bucketPrefix": "a"}), block("p", {"bucket": "a"})]) == {"a"}

test_names_no_bucket if denied([bucket("a", {"bucket": "x"}), block("p", {"bucket": null})]) == {"p"}

test_more_bare_than_open if denied(array.concat(two, [block("p", {})])) == {"a", "b", "p"}

test_as_many_open_as_bare if denied(array.concat(two, [block("p", {"bucket": "x"}), block("q", {})])) == {"q"}

test_a_name_that_is_no_text if denied([bucket("a", {"bucket": false}), block("p", {"bucket": "x"})]) == {"a"}
