# METADATA
# title: Buckets keep old versions
# description: "Without versions, what is overwritten or deleted is gone."
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/s3-controls.html#s3-14
# custom:
#   id: AWS-S3-005
#   severity: medium
#   level: advisory
#   scope: resource
#   types:
#     - "aws:s3/bucketVersioning:BucketVersioning"
#     - "aws:s3/bucketVersioningV2:BucketVersioningV2"
#     - "aws:s3/bucket:Bucket"
#     - "aws:s3/bucketV2:BucketV2"
#   unknown: undetermined
#   frameworks:
#     iso-27001-2022: ["A.8.13"]
#   remediation: "Set `versioningConfiguration.status: Enabled` in the versioning of the bucket at {urn}; let a lifecycle rule expire old versions if they cost too much."
package aws.s3_005

import rego.v1

deny contains {"path": ["versioningConfiguration", "status"], "actual": status, "expected": "Enabled", "msg": "the bucket keeps no old versions"} if {
	status := input.inputs.versioningConfiguration.status
	status != "Enabled"
}

# The older way to say it, as a part of the bucket. A bucket without it may have a resource for it.
deny contains {"path": ["versioning", "enabled"], "actual": false, "expected": true, "msg": "the bucket keeps no old versions"} if {
	input.inputs.versioning.enabled == false
}

deny contains {"path": ["versionings", i, "enabled"], "actual": false, "expected": true, "msg": "the bucket keeps no old versions"} if {
	input.inputs.versionings[i].enabled == false
}
