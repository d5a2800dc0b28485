package hygiene.code_001_test

import rego.v1

import data.hygiene.code_001

test_bucket if count(code_001.deny) == 0 with input as {"type": "aws:s3/bucket:Bucket"}

test_package_of_another_name if count(code_001.deny) == 0 with input as {"type": "commander:index:Thing"}

test_provider if count(code_001.deny) == 0 with input as {"type": "pulumi:providers:aws"}

test_local if count(code_001.deny) == 1 with input as {"type": "command:local:Command"}

test_remote if count(code_001.deny) == 1 with input as {"type": "command:remote:Command"}

test_node if count(code_001.deny) == 1 with input as {"type": "pulumi-nodejs:dynamic:Resource"}

test_node_with_a_module if count(code_001.deny) == 1 with input as {"type": "pulumi-nodejs:dynamic/mail:Sender"}

test_python if count(code_001.deny) == 1 with input as {"type": "pulumi-python:dynamic:Resource"}

test_provider_of_commands if count(code_001.deny) == 1 with input as {"type": "pulumi:providers:command"}

test_provider_of_dynamic_resources if count(code_001.deny) == 1 with input as {"type": "pulumi:providers:pulumi-nodejs"}
