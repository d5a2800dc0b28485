package aws.dax_001_test

import rego.v1

import data.aws.dax_001

test_encrypted if count(dax_001.deny) == 0 with input as {"inputs": {"serverSideEncryption": {"enabled": true}, "clusterEndpointEncryptionType": "TLS"}}

test_default if count(dax_001.deny) == 2 with input as {"inputs": {}}

test_in_transit_only if count(dax_001.deny) == 1 with input as {"inputs": {"clusterEndpointEncryptionType": "TLS"}}
