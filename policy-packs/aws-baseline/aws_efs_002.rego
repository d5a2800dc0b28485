# METADATA
# title: File systems are in more than one zone
# description: A file system of one zone is gone with its zone.
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/efs/latest/ug/availability-durability.html
# custom:
#   id: AWS-EFS-002
#   severity: low
#   level: advisory
#   scope: resource
#   types:
#     - "aws:efs/fileSystem:FileSystem"
#   unknown: undetermined
#   frameworks:
#     iso-27001-2022: ["A.8.14"]
#   remediation: "Remove `availabilityZoneName` from {urn}; this replaces a file system that exists, so copy its data first."
package aws.efs_002

import rego.v1

import data.aws.lib

# The default is all zones of the region.
deny contains {"path": ["availabilityZoneName"], "msg": "the file system is in one zone"} if lib.is_given(input.inputs.availabilityZoneName)
