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
#     - "aws:rds/snapshot:Snapshot"
#     - "aws:rds/clusterSnapshot:ClusterSnapshot"
#     - "aws:rds/snapshotCopy:SnapshotCopy"
#     - "aws:rds/clusterSnapshotCopy:ClusterSnapshotCopy"
#     - "aws:ebs/snapshot:Snapshot"
#     - "aws:ebs/snapshotCopy:SnapshotCopy"
#     - "aws:ebs/snapshotImport:SnapshotImport"
#     - "aws:docdb/clusterSnapshot:ClusterSnapshot"
#     - "aws:neptune/clusterSnapshot:ClusterSnapshot"
#     - "aws:memorydb/snapshot:Snapshot"
#     - "aws:redshift/clusterSnapshot:ClusterSnapshot"
#     - "aws:redshiftserverless/snapshot:Snapshot"
#     - "aws:fsx/backup:Backup"
#     - "aws:fsx/openZfsSnapshot:OpenZfsSnapshot"
#     - "aws:ec2/ami:Ami"
#     - "aws:ec2/amiCopy:AmiCopy"
#     - "aws:ec2/amiFromInstance:AmiFromInstance"
#     - "aws:s3/directoryBucket:DirectoryBucket"
#     - "aws:s3/vectorsVectorBucket:VectorsVectorBucket"
#     - "aws:s3tables/tableBucket:TableBucket"
#     - "aws:s3tables/table:Table"
#     - "aws:s3control/bucket:Bucket"
#     - "aws:lightsail/bucket:Bucket"
#     - "aws:glacier/vault:Vault"
#     - "aws:elasticache/cluster:Cluster"
#     - "aws:elasticache/serverlessCache:ServerlessCache"
#     - "aws:docdb/elasticCluster:ElasticCluster"
#     - "aws:neptunegraph/graph:Graph"
#     - "aws:dsql/cluster:Cluster"
#     - "aws:keyspaces/keyspace:Keyspace"
#     - "aws:keyspaces/table:Table"
#     - "aws:timestreamwrite/database:Database"
#     - "aws:timestreaminfluxdb/dbInstance:DbInstance"
#     - "aws:timestreaminfluxdb/dbCluster:DbCluster"
#     - "aws:lightsail/database:Database"
#     - "aws:lightsail/disk:Disk"
#     - "aws:qldb/ledger:Ledger"
#     - "aws:opensearch/serverlessCollection:ServerlessCollection"
#     - "aws:fsx/ontapVolume:OntapVolume"
#     - "aws:fsx/openZfsVolume:OpenZfsVolume"
#     - "aws:kms/replicaKey:ReplicaKey"
#     - "aws:kms/externalKey:ExternalKey"
#     - "aws:kms/replicaExternalKey:ReplicaExternalKey"
#     - "aws:cloudhsmv2/cluster:Cluster"
#     - "aws:acmpca/certificateAuthority:CertificateAuthority"
#     - "aws:msk/cluster:Cluster"
#     - "aws:msk/serverlessCluster:ServerlessCluster"
#     - "aws:kinesis/stream:Stream"
#     - "aws:mq/broker:Broker"
#     - "aws:ecr/repository:Repository"
#     - "aws:ecrpublic/repository:Repository"
#     - "aws:codecommit/repository:Repository"
#     - "aws:directoryservice/directory:Directory"
#     - "aws:workspaces/workspace:Workspace"
#     - "aws:backup/logicallyAirGappedVault:LogicallyAirGappedVault"
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
		"aws:elasticache/cluster:Cluster",
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

is_kept if {
	input.type in {"aws:memorydb/cluster:Cluster", "aws:lightsail/database:Database"}
	is_string(input.old_inputs.finalSnapshotName)
	not input.old_inputs.skipFinalSnapshot == true
}

# ECR refuses to delete a repository that holds images.
is_kept if {
	input.type in {"aws:ecr/repository:Repository", "aws:ecrpublic/repository:Repository"}
	is_boolean(input.old_options.protect)
	not input.old_inputs.forceDelete == true
	not input.old_inputs.forceDestroy == true
}

# S3 refuses to delete a bucket that holds something.
is_kept if {
	input.type in {
		"aws:s3/bucket:Bucket",
		"aws:s3/bucketV2:BucketV2",
		"aws:s3/directoryBucket:DirectoryBucket",
		"aws:s3/vectorsVectorBucket:VectorsVectorBucket",
		"aws:s3tables/tableBucket:TableBucket",
	}
	is_boolean(input.old_options.protect)
	not input.old_inputs.forceDestroy == true
}
