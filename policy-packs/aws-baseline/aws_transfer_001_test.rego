package aws.transfer_001_test

import rego.v1

import data.aws.transfer_001

test_default if count(transfer_001.deny) == 0 with input as {"inputs": {}}

test_sftp if count(transfer_001.deny) == 0 with input as {"inputs": {"protocols": ["SFTP", "FTPS"]}}

test_ftp if count(transfer_001.deny) == 1 with input as {"inputs": {"protocols": ["SFTP", "FTP"]}}
