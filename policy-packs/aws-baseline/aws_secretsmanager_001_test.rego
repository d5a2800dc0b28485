package aws.secretsmanager_001_test

import rego.v1

import data.aws.secretsmanager_001

# So many resources of each type.
steps(types) := {"resources": [{"type": type, "urn": sprintf("%s %d", [type, number])} |
	some type, count in types
	some number in numbers.range(1, count)
]}

test_rotating if count(secretsmanager_001.deny) == 0 with input as steps({"aws:secretsmanager/secret:Secret": 1, "aws:secretsmanager/secretRotation:SecretRotation": 1})

test_not_rotating if count(secretsmanager_001.deny) == 1 with input as steps({"aws:secretsmanager/secret:Secret": 1})

test_no_secrets if count(secretsmanager_001.deny) == 0 with input as steps({})
