# METADATA
# title: Buckets log who reads them
# description: Without access logs nobody can tell later who read the data.
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/s3-controls.html#s3-9
# custom:
#   id: AWS-S3-007
#   severity: medium
#   level: advisory
#   scope: stack
#   types:
#     - "aws:s3/bucket:Bucket"
#     - "aws:s3/bucketV2:BucketV2"
#     - "aws:s3/bucketLogging:BucketLogging"
#     - "aws:s3/bucketLoggingV2:BucketLoggingV2"
#   unknown: irrelevant
#   frameworks:
#     pci-dss-4.0: ["10.2.1"]
#     iso-27001-2022: ["A.8.15"]
#   remediation: "Add an `aws.s3.BucketLogging` for the buckets of {urn} that hold data, with a bucket of its own as the target."
package aws.s3_007

import rego.v1

buckets contains input.resources[i].urn if {
	some i
	input.resources[i].type in {"aws:s3/bucket:Bucket", "aws:s3/bucketV2:BucketV2"}
}

logs contains input.resources[i].urn if {
	some i
	input.resources[i].type in {"aws:s3/bucketLogging:BucketLogging", "aws:s3/bucketLoggingV2:BucketLoggingV2"}
}

# A bucket that receives logs needs none itself, so one logged bucket is enough.
deny contains {"msg": "the stack has buckets, and none of them logs its access"} if {
	count(buckets) > 0
	count(logs) == 0
}
