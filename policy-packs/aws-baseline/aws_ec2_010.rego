# METADATA
# title: Machine images are not public
# description: Everybody can start a public image and read what is on its disk.
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/sharingamis-intro.html
# custom:
#   id: AWS-EC2-010
#   severity: critical
#   level: mandatory
#   scope: resource
#   types:
#     - "aws:ec2/amiLaunchPermission:AmiLaunchPermission"
#   unknown: undetermined
#   frameworks:
#     pci-dss-4.0: ["1.4.4"]
#     iso-27001-2022: ["A.8.3"]
#   remediation: "Remove `group: all` from {urn}, and share the image with `accountId` or `organizationArn`."
package aws.ec2_010

import rego.v1

deny contains {"path": ["group"], "actual": "all", "msg": "everybody may start the image"} if {
	input.inputs.group == "all"
}
