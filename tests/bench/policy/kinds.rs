//! The resources of the benchmark: 22 types with what rules look at in them.

/// What a property holds, and so what a rule demands of it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Shape {
    /// A flag that should be on.
    On,
    /// A flag that should not be on.
    Off,
    /// A number that should not be below this one.
    AtLeast(u64),
    /// One of these texts; the last one is a bad choice.
    OneOf(&'static [&'static str]),
    /// A text that should match the expression, a good one and a bad one.
    Matching(&'static str, &'static str, &'static str),
    /// An IAM document as text, which should not allow everything, nor everybody.
    Document,
    /// Rules of a security group, which should not open administration or everything to the world.
    Ingress,
    /// Environment variables, in which no access key should stand.
    Environment,
    /// A pod's containers.
    Containers,
    /// What a role of Kubernetes permits, which should not be everything.
    Permissions,
    /// Tags, of which three should be there.
    Tags,
    /// Labels of Kubernetes, of which the same three should be there.
    Labels,
    /// A flag in the state without which the resource should not be deleted.
    Kept,
}

/// A type of resources.
#[derive(Debug)]
pub(crate) struct Kind {
    pub(crate) token: &'static str,
    pub(crate) properties: &'static [(&'static str, Shape)],
}

/// The tags that resources should have.
pub(crate) const TAGS: [&str; 3] = ["owner", "costCenter", "environment"];
/// The expression for names of our own.
const NAME: &str = "^[a-z][a-z0-9-]{2,40}$";
/// The expression for the ARN of a key.
const KEY: &str = "^arn:aws:kms:[a-z0-9-]+:[0-9]{12}:key/";
const GOOD_KEY: &str =
    "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab";
const GOOD_NAME: &str = "orders-service-storage";

use Shape::{
    AtLeast, Containers, Document, Environment, Ingress, Kept, Labels, Matching, Off, On, OneOf,
    Permissions, Tags,
};

const fn kind(token: &'static str, properties: &'static [(&'static str, Shape)]) -> Kind {
    Kind { token, properties }
}

/// In the order in which rules are taken from them: each one's first property, then each one's second, and so on.
pub(crate) const KINDS: [Kind; 22] = [
    kind(
        "aws:s3/bucketV2:BucketV2",
        &[
            (
                "acl",
                OneOf(&["private", "log-delivery-write", "public-read"]),
            ),
            ("forceDestroy", Off),
            ("objectLockEnabled", On),
            ("policy", Document),
            ("bucket", Matching(NAME, GOOD_NAME, "Public_Bucket")),
            ("tags", Tags),
        ],
    ),
    kind(
        "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
        &[
            ("blockPublicAcls", On),
            ("blockPublicPolicy", On),
            ("ignorePublicAcls", On),
            ("restrictPublicBuckets", On),
            ("bucket", Matching(NAME, GOOD_NAME, "Public_Bucket")),
        ],
    ),
    kind(
        "aws:ec2/securityGroup:SecurityGroup",
        &[
            ("ingress", Ingress),
            ("revokeRulesOnDelete", On),
            (
                "description",
                Matching("^[A-Z].{8,}", "Lets the load balancer in", "todo"),
            ),
            ("tags", Tags),
        ],
    ),
    kind(
        "aws:ec2/instance:Instance",
        &[
            ("associatePublicIpAddress", Off),
            ("monitoring", On),
            ("ebsOptimized", On),
            ("disableApiTermination", Kept),
            (
                "instanceType",
                OneOf(&["t3.small", "m6i.large", "p4d.24xlarge"]),
            ),
            ("userDataReplaceOnChange", On),
            ("tags", Tags),
        ],
    ),
    kind(
        "aws:rds/instance:Instance",
        &[
            ("publiclyAccessible", Off),
            ("deletionProtection", Kept),
            ("storageEncrypted", On),
            ("backupRetentionPeriod", AtLeast(7)),
            ("multiAz", On),
            ("kmsKeyId", Matching(KEY, GOOD_KEY, "alias/aws/rds")),
            ("autoMinorVersionUpgrade", On),
            ("tags", Tags),
        ],
    ),
    kind(
        "aws:rds/cluster:Cluster",
        &[
            ("storageEncrypted", On),
            ("deletionProtection", Kept),
            ("iamDatabaseAuthenticationEnabled", On),
            ("backupRetentionPeriod", AtLeast(7)),
            ("copyTagsToSnapshot", On),
            (
                "engine",
                OneOf(&["aurora-postgresql", "aurora-mysql", "aurora"]),
            ),
            ("tags", Tags),
        ],
    ),
    kind(
        "aws:iam/policy:Policy",
        &[
            ("policy", Document),
            ("name", Matching(NAME, GOOD_NAME, "AdminPolicy")),
            ("path", OneOf(&["/service/", "/team/", "/"])),
            ("tags", Tags),
        ],
    ),
    kind(
        "aws:iam/role:Role",
        &[
            ("assumeRolePolicy", Document),
            ("maxSessionDuration", AtLeast(3600)),
            ("forceDetachPolicies", Off),
            (
                "permissionsBoundary",
                Matching(
                    "^arn:aws:iam::[0-9]{12}:policy/",
                    "arn:aws:iam::123456789012:policy/boundary",
                    "none",
                ),
            ),
            ("tags", Tags),
        ],
    ),
    kind(
        "aws:lambda/function:Function",
        &[
            ("environment", Environment),
            ("runtime", OneOf(&["nodejs22.x", "python3.13", "python2.7"])),
            ("timeout", AtLeast(3)),
            ("memorySize", AtLeast(128)),
            ("reservedConcurrentExecutions", AtLeast(1)),
            ("kmsKeyArn", Matching(KEY, GOOD_KEY, "alias/aws/lambda")),
            ("tags", Tags),
        ],
    ),
    kind(
        "aws:kms/key:Key",
        &[
            ("enableKeyRotation", On),
            ("policy", Document),
            ("deletionWindowInDays", AtLeast(14)),
            ("bypassPolicyLockoutSafetyCheck", Off),
            ("isEnabled", On),
            ("tags", Tags),
        ],
    ),
    kind(
        "aws:lb/loadBalancer:LoadBalancer",
        &[
            ("dropInvalidHeaderFields", On),
            ("enableDeletionProtection", Kept),
            ("internal", On),
            ("enableHttp2", On),
            ("idleTimeout", AtLeast(30)),
            ("tags", Tags),
        ],
    ),
    kind(
        "aws:lb/listener:Listener",
        &[
            ("protocol", OneOf(&["HTTPS", "TLS", "HTTP"])),
            (
                "sslPolicy",
                Matching(
                    "^ELBSecurityPolicy-TLS13",
                    "ELBSecurityPolicy-TLS13-1-2-2021-06",
                    "ELBSecurityPolicy-2016-08",
                ),
            ),
            ("port", AtLeast(443)),
            ("tags", Tags),
        ],
    ),
    kind(
        "aws:ecr/repository:Repository",
        &[
            (
                "imageTagMutability",
                OneOf(&["IMMUTABLE", "IMMUTABLE_WITH_EXCLUSION", "MUTABLE"]),
            ),
            ("forceDelete", Off),
            (
                "name",
                Matching("^[a-z0-9]+(/[a-z0-9-]+)+$", "team/orders-api", "Orders"),
            ),
            ("scanOnPush", On),
            ("tags", Tags),
        ],
    ),
    kind(
        "aws:sqs/queue:Queue",
        &[
            ("sqsManagedSseEnabled", On),
            ("policy", Document),
            ("messageRetentionSeconds", AtLeast(86_400)),
            ("visibilityTimeoutSeconds", AtLeast(30)),
            ("tags", Tags),
        ],
    ),
    kind(
        "aws:sns/topic:Topic",
        &[
            ("kmsMasterKeyId", Matching(KEY, GOOD_KEY, "alias/aws/sns")),
            ("policy", Document),
            ("signatureVersion", AtLeast(2)),
            ("tags", Tags),
        ],
    ),
    kind(
        "aws:dynamodb/table:Table",
        &[
            ("deletionProtectionEnabled", Kept),
            (
                "billingMode",
                OneOf(&["PAY_PER_REQUEST", "ON_DEMAND", "PROVISIONED"]),
            ),
            ("streamEnabled", On),
            (
                "tableClass",
                OneOf(&["STANDARD", "STANDARD_INFREQUENT_ACCESS", "NONE"]),
            ),
            ("tags", Tags),
        ],
    ),
    kind(
        "aws:ebs/volume:Volume",
        &[
            ("encrypted", On),
            ("finalSnapshot", Kept),
            ("kmsKeyId", Matching(KEY, GOOD_KEY, "alias/aws/ebs")),
            ("type", OneOf(&["gp3", "io2", "standard"])),
            ("size", AtLeast(8)),
            ("tags", Tags),
        ],
    ),
    kind(
        "aws:efs/fileSystem:FileSystem",
        &[
            ("encrypted", On),
            ("kmsKeyId", Matching(KEY, GOOD_KEY, "alias/aws/efs")),
            (
                "throughputMode",
                OneOf(&["elastic", "provisioned", "bursting"]),
            ),
            ("tags", Tags),
        ],
    ),
    kind(
        "aws:cloudtrail/trail:Trail",
        &[
            ("enableLogFileValidation", On),
            ("isMultiRegionTrail", On),
            ("includeGlobalServiceEvents", On),
            ("enableLogging", Kept),
            ("kmsKeyId", Matching(KEY, GOOD_KEY, "none")),
            ("tags", Tags),
        ],
    ),
    kind(
        "kubernetes:apps/v1:Deployment",
        &[
            ("spec", Containers),
            (
                "apiVersion",
                OneOf(&["apps/v1", "apps/v1beta2", "extensions/v1beta1"]),
            ),
            ("metadata", Labels),
        ],
    ),
    kind(
        "kubernetes:core/v1:Service",
        &[
            ("type", OneOf(&["ClusterIP", "NodePort", "LoadBalancer"])),
            ("sessionAffinity", OneOf(&["ClientIP", "Sticky", "None"])),
            ("publishNotReadyAddresses", Off),
            ("metadata", Labels),
        ],
    ),
    kind(
        "kubernetes:rbac.authorization.k8s.io/v1:ClusterRole",
        &[
            ("rules", Permissions),
            (
                "apiVersion",
                OneOf(&[
                    "rbac.authorization.k8s.io/v1",
                    "rbac/v1",
                    "rbac.authorization.k8s.io/v1beta1",
                ]),
            ),
            ("metadata", Labels),
        ],
    ),
];
