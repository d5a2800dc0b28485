# METADATA
# title: File systems are mounted with encryption in transit
# description: "Without it, files cross the network in the clear."
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/efs-volumes.html
# custom:
#   id: AWS-ECS-004
#   severity: medium
#   level: mandatory
#   scope: resource
#   types:
#     - "aws:ecs/taskDefinition:TaskDefinition"
#   unknown: undetermined
#   frameworks:
#     pci-dss-4.0: ["4.2.1"]
#     iso-27001-2022: ["A.8.24"]
#   remediation: "Set `{path}` of {urn} to `ENABLED`."
package aws.ecs_004

import rego.v1

# The default is no encryption.
deny contains {"path": ["volumes", i, "efsVolumeConfiguration", "transitEncryption"], "expected": "ENABLED", "msg": "the file system is mounted without encryption in transit"} if {
	input.inputs.volumes[i].efsVolumeConfiguration.fileSystemId
	not input.inputs.volumes[i].efsVolumeConfiguration.transitEncryption == "ENABLED"
}
