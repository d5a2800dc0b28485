package aws.msk_002_test

import rego.v1

import data.aws.msk_002

test_default if count(msk_002.deny) == 0 with input as {"inputs": {}}

test_private if count(msk_002.deny) == 0 with input as {"inputs": {"brokerNodeGroupInfo": {"connectivityInfo": {"publicAccess": {"type": "DISABLED"}}}}}

test_public if count(msk_002.deny) == 1 with input as {"inputs": {"brokerNodeGroupInfo": {"connectivityInfo": {"publicAccess": {"type": "SERVICE_PROVIDED_EIPS"}}}}}
