# METADATA
# title: User data holds no secrets
# description: "Everything on an instance, and everybody who may describe it, can read its user data."
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/user-data.html
# custom:
#   id: AWS-EC2-005
#   severity: high
#   level: mandatory
#   scope: resource
#   types:
#     - "aws:ec2/instance:Instance"
#     - "aws:ec2/spotInstanceRequest:SpotInstanceRequest"
#     - "aws:ec2/launchConfiguration:LaunchConfiguration"
#     - "aws:ec2/launchTemplate:LaunchTemplate"
#     - "aws:ec2/spotFleetRequest:SpotFleetRequest"
#   unknown: undetermined
#   frameworks:
#     pci-dss-4.0: ["8.6.2"]
#     iso-27001-2022: ["A.5.17"]
#   remediation: "Remove the key from `{path}` of {urn}: let the instance use its role, and read secrets from Secrets Manager."
package aws.ec2_005

import rego.v1

import data.aws.lib_secret

deny contains {"path": ["userData"], "msg": "the user data holds a key"} if lib_secret.holds_key(input.inputs.userData)

# A launch template holds it encoded.
deny contains {"path": ["userData"], "msg": "the user data holds a key"} if lib_secret.holds_key(decoded(input.inputs.userData))

deny contains {"path": ["userDataBase64"], "msg": "the user data holds a key"} if lib_secret.holds_key(decoded(input.inputs.userDataBase64))

# Of a fleet, each kind of instance has its own.
deny contains {"path": ["launchSpecifications", i, "userData"], "msg": "the user data holds a key"} if lib_secret.holds_key(input.inputs.launchSpecifications[i].userData)

deny contains {"path": ["launchSpecifications", i, "userData"], "msg": "the user data holds a key"} if {
	lib_secret.holds_key(decoded(input.inputs.launchSpecifications[i].userData))
}

decoded(text) := base64.decode(text) if {
	is_string(text)
	base64.is_valid(text)
}
