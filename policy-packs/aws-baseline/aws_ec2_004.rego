# METADATA
# title: Disks of instances are encrypted
# description: A snapshot of a disk in the clear is data in the clear.
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/ebs/latest/userguide/ebs-encryption.html
# custom:
#   id: AWS-EC2-004
#   severity: high
#   level: mandatory
#   scope: resource
#   types:
#     - "aws:ec2/instance:Instance"
#     - "aws:ec2/spotInstanceRequest:SpotInstanceRequest"
#     - "aws:ec2/launchConfiguration:LaunchConfiguration"
#     - "aws:ec2/launchTemplate:LaunchTemplate"
#   unknown: undetermined
#   frameworks:
#     pci-dss-4.0: ["3.5.1"]
#     iso-27001-2022: ["A.8.24"]
#   remediation: "Set `{path}` of {urn} to true."
package aws.ec2_004

import rego.v1

import data.aws.lib

# The root disk is encrypted by default only where the account says so; the preview does not know the account.
deny contains {"path": ["rootBlockDevice", "encrypted"], "expected": true, "msg": "the root disk is not encrypted"} if {
	input.type != "aws:ec2/launchTemplate:LaunchTemplate"
	not input.inputs.rootBlockDevice.encrypted == true
}

deny contains {"path": ["ebsBlockDevices", i, "encrypted"], "expected": true, "msg": "the disk is not encrypted"} if {
	input.inputs.ebsBlockDevices[i].deviceName
	not input.inputs.ebsBlockDevices[i].noDevice == true
	not input.inputs.ebsBlockDevices[i].encrypted == true
}

# A launch template holds booleans as text, and any text under `noDevice` takes the disk away.
deny contains {"path": ["blockDeviceMappings", i, "ebs", "encrypted"], "expected": "true", "msg": "the disk is not encrypted"} if {
	input.inputs.blockDeviceMappings[i].deviceName
	not is_settled[i]
}

is_settled[i] if lib.is_given(input.inputs.blockDeviceMappings[i].virtualName)

is_settled[i] if is_string(input.inputs.blockDeviceMappings[i].noDevice)

is_settled[i] if lib.is_true(input.inputs.blockDeviceMappings[i].ebs.encrypted)
