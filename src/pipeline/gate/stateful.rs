//! Which resources hold state that a delete would lose.
//!
//! INVARIANT: a type counts as stateful unless it is listed as not. A type that nobody thought of asks a person, not the bin.

use crate::names::Urn;
use crate::pipeline::preview::record::{Record, Step};

/// Types that only configure or connect others, and can be made again from the program alone.
const STATELESS: [&str; 17] = [
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
    "aws:s3/bucketPolicy:BucketPolicy",
    "aws:s3/bucketVersioning:BucketVersioning",
    "aws:s3/bucketLogging:BucketLogging",
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls",
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
    "aws:s3/bucketWebsiteConfiguration:BucketWebsiteConfiguration",
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
    "aws:iam/rolePolicy:RolePolicy",
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
    "aws:ec2/securityGroupRule:SecurityGroupRule",
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
    "aws:sqs/queuePolicy:QueuePolicy",
    "aws:sqs/redrivePolicy:RedrivePolicy",
    "aws:sns/topicPolicy:TopicPolicy",
    "aws:sns/topicSubscription:TopicSubscription",
];

/// The stateful resources that the steps take away, in a delete or in a replacement.
#[must_use]
pub fn destroyed(record: &Record) -> Vec<Urn> {
    let mut urns: Vec<Urn> = record
        .steps
        .iter()
        .filter(|step| step.op.destroys() && is_stateful(step))
        .map(|step| step.urn.clone())
        .collect();
    urns.dedup();
    urns
}

fn is_stateful(step: &Step) -> bool {
    // Components and the engine's own provider resources have no counterpart in the world.
    let is_virtual = step.provider.is_empty();
    !is_virtual && !STATELESS.contains(&step.resource_type.as_str())
}
