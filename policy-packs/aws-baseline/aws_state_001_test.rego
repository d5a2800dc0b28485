package aws.state_001_test

import rego.v1

import data.aws.state_001

gone(type, old) := {"op": "delete", "type": type, "old_inputs": old, "old_options": {"protect": false, "retain_on_delete": false}}

test_database if {
	count(state_001.deny) == 1 with input as gone("aws:rds/instance:Instance", {})
	count(state_001.deny) == 1 with input as gone("aws:rds/instance:Instance", {"finalSnapshotIdentifier": "s", "skipFinalSnapshot": true})
	count(state_001.deny) == 0 with input as gone("aws:rds/instance:Instance", {"finalSnapshotIdentifier": "s"})
}

test_warehouse if {
	count(state_001.deny) == 1 with input as gone("aws:redshift/cluster:Cluster", {"skipFinalSnapshot": true})
	count(state_001.deny) == 0 with input as gone("aws:redshift/cluster:Cluster", {"finalSnapshotIdentifier": "s"})
}

test_bucket if {
	count(state_001.deny) == 0 with input as gone("aws:s3/bucket:Bucket", {})
	count(state_001.deny) == 1 with input as gone("aws:s3/bucket:Bucket", {"forceDestroy": true})
	count(state_001.deny) == 1 with input as object.union(gone("aws:s3/bucket:Bucket", null), {"old_options": null})
}

test_table if {
	count(state_001.deny) == 1 with input as gone("aws:dynamodb/table:Table", {})
	count(state_001.deny) == 0 with input as gone("aws:dynamodb/table:Table", {"pointInTimeRecovery": {"enabled": true}})
}

test_volume if {
	count(state_001.deny) == 1 with input as gone("aws:ebs/volume:Volume", {})
	count(state_001.deny) == 0 with input as gone("aws:ebs/volume:Volume", {"finalSnapshot": true})
}

test_retained if {
	count(state_001.deny) == 0 with input as object.union(gone("aws:efs/fileSystem:FileSystem", {}), {"old_options": {"retain_on_delete": true}})
}

test_other if count(state_001.deny) == 1 with input as gone("aws:kms/key:Key", {})

test_repository if {
	count(state_001.deny) == 0 with input as gone("aws:ecr/repository:Repository", {})
	count(state_001.deny) == 1 with input as gone("aws:ecr/repository:Repository", {"forceDelete": true})
	count(state_001.deny) == 1 with input as gone("aws:ecrpublic/repository:Repository", {"forceDestroy": true})
}

test_final_snapshot_by_name if {
	count(state_001.deny) == 1 with input as gone("aws:memorydb/cluster:Cluster", {})
	count(state_001.deny) == 0 with input as gone("aws:memorydb/cluster:Cluster", {"finalSnapshotName": "s"})
	count(state_001.deny) == 1 with input as gone("aws:lightsail/database:Database", {"finalSnapshotName": "s", "skipFinalSnapshot": true})
}

test_copies if {
	every type in ["aws:rds/snapshot:Snapshot", "aws:ebs/snapshot:Snapshot", "aws:ec2/ami:Ami"] {
		count(state_001.deny) == 1 with input as gone(type, {})
	}
}

test_table_bucket if {
	count(state_001.deny) == 0 with input as gone("aws:s3tables/tableBucket:TableBucket", {"forceDestroy": false})
	count(state_001.deny) == 1 with input as gone("aws:s3/directoryBucket:DirectoryBucket", {"forceDestroy": true})
}
