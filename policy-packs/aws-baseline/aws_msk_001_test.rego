package aws.msk_001_test

import rego.v1

import data.aws.msk_001

test_default if count(msk_001.deny) == 0 with input as {"inputs": {}}

test_tls if count(msk_001.deny) == 0 with input as {"inputs": {"encryptionInfo": {"encryptionInTransit": {"clientBroker": "TLS"}}}}

test_both if count(msk_001.deny) == 1 with input as {"inputs": {"encryptionInfo": {"encryptionInTransit": {"clientBroker": "TLS_PLAINTEXT"}}}}

test_brokers if count(msk_001.deny) == 1 with input as {"inputs": {"encryptionInfo": {"encryptionInTransit": {"inCluster": false}}}}
