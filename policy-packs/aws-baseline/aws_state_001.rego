# METADATA
# title: Data is not deleted without a copy
# description: A delete or a replacement of these resources loses their data for good.
# scope: package
# related_resources:
#   - ref: https://www.pulumi.com/docs/iac/concepts/resources/options/retainondelete/
# custom:
#   id: AWS-STATE-001
#   severity: critical
#   level: mandatory
#   scope: resource
#   types:
#     - "aws:rds/instance:Instance"
#     - "aws:rds/cluster:Cluster"
#     - "aws:dynamodb/table:Table"
#     - "aws:s3/bucket:Bucket"
#     - "aws:s3/bucketV2:BucketV2"
#     - "aws:ebs/volume:Volume"
#     - "aws:kms/key:Key"
#     - "aws:efs/fileSystem:FileSystem"
#     - "aws:docdb/cluster:Cluster"
#     - "aws:neptune/cluster:Cluster"
#     - "aws:redshift/cluster:Cluster"
#     - "aws:opensearch/domain:Domain"
#     - "aws:elasticsearch/domain:Domain"
#     - "aws:memorydb/cluster:Cluster"
#     - "aws:fsx/windowsFileSystem:WindowsFileSystem"
#     - "aws:fsx/ontapFileSystem:OntapFileSystem"
#     - "aws:fsx/openZfsFileSystem:OpenZfsFileSystem"
#     - "aws:fsx/lustreFileSystem:LustreFileSystem"
#     - "aws:redshiftserverless/namespace:Namespace"
#     - "aws:timestreamwrite/table:Table"
#     - "aws:elasticache/replicationGroup:ReplicationGroup"
#     - "aws:cognito/userPool:UserPool"
#     - "aws:secretsmanager/secret:Secret"
#     - "aws:backup/vault:Vault"
#   ops: [delete, delete-replaced, replace, discard, discard-replaced, remove-pending-replace]
#   unknown: undetermined
#   frameworks:
#     iso-27001-2022: ["A.8.13"]
#   remediation: "Keep {urn}: undo what deletes or replaces it. If it must go, first apply a change that leaves a copy (a final snapshot, point-in-time recovery, `retainOnDelete`), and ask a person."
package aws.state_001

import rego.v1

deny contains {"actual": input.op, "msg": "data would be lost with the resource"} if {
	not is_kept
}

# The state decides, not the program: a delete uses what was applied before.
is_kept if input.old_options.retain_on_delete == true

is_kept if {
	input.type in {
		"aws:rds/instance:Instance",
		"aws:rds/cluster:Cluster",
		"aws:docdb/cluster:Cluster",
		"aws:neptune/cluster:Cluster",
		"aws:redshift/cluster:Cluster",
		"aws:elasticache/replicationGroup:ReplicationGroup",
	}
	is_string(input.old_inputs.finalSnapshotIdentifier)
	not input.old_inputs.skipFinalSnapshot == true
}

is_kept if {
	input.type == "aws:dynamodb/table:Table"
	input.old_inputs.pointInTimeRecovery.enabled == true
}

is_kept if {
	input.type == "aws:ebs/volume:Volume"
	input.old_inputs.finalSnapshot == true
}

# S3 refuses to delete a bucket that holds something.
is_kept if {
	input.type in {"aws:s3/bucket:Bucket", "aws:s3/bucketV2:BucketV2"}
	is_boolean(input.old_options.protect)
	not input.old_inputs.forceDestroy == true
}
