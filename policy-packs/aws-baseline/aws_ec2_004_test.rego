package aws.ec2_004_test

import rego.v1

import data.aws.ec2_004

instance := "aws:ec2/instance:Instance"

template := "aws:ec2/launchTemplate:LaunchTemplate"

test_encrypted if count(ec2_004.deny) == 0 with input as {"type": instance, "inputs": {"rootBlockDevice": {"encrypted": true}, "ebsBlockDevices": [{"deviceName": "/dev/sdb", "encrypted": true}]}}

test_default if count(ec2_004.deny) == 1 with input as {"type": instance, "inputs": {}}

test_second_disk if count(ec2_004.deny) == 1 with input as {"type": instance, "inputs": {"rootBlockDevice": {"encrypted": true}, "ebsBlockDevices": [{"deviceName": "/dev/sdb"}]}}

test_template if count(ec2_004.deny) == 1 with input as {"type": template, "inputs": {"blockDeviceMappings": [{"deviceName": "/dev/sdb", "ebs": {"encrypted": "false"}}, {"deviceName": "/dev/sdc", "ebs": {"encrypted": "true"}}]}}

test_template_without_disks if count(ec2_004.deny) == 0 with input as {"type": template, "inputs": {"blockDeviceMappings": [{"deviceName": "/dev/sdb", "noDevice": ""}, {"deviceName": "/dev/sdc", "virtualName": "ephemeral0"}]}}
