package aws.s3_001_test

import rego.v1

import data.aws.s3_001

all_on := {"blockPublicAcls": true, "blockPublicPolicy": true, "ignorePublicAcls": true, "restrictPublicBuckets": true}

test_all_on if count(s3_001.deny) == 0 with input as {"inputs": all_on}

test_one_off if {
	some finding in s3_001.deny with input as {"inputs": object.union(all_on, {"ignorePublicAcls": false})}
	finding.path == ["ignorePublicAcls"]
}

test_none_given if count(s3_001.deny) == 4 with input as {"inputs": {}}
