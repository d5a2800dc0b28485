# METADATA
# title: Resource policies allow nothing to everybody
# description: "A statement for any principal opens the queue, key, secret or repository to every account of AWS."
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
# custom:
#   id: AWS-IAM-003
#   severity: critical
#   level: mandatory
#   scope: resource
#   types:
#     - "aws:sqs/queuePolicy:QueuePolicy"
#     - "aws:sqs/queue:Queue"
#     - "aws:sns/topicPolicy:TopicPolicy"
#     - "aws:sns/topic:Topic"
#     - "aws:kms/key:Key"
#     - "aws:kms/keyPolicy:KeyPolicy"
#     - "aws:kms/replicaKey:ReplicaKey"
#     - "aws:secretsmanager/secretPolicy:SecretPolicy"
#     - "aws:secretsmanager/secret:Secret"
#     - "aws:ecr/repositoryPolicy:RepositoryPolicy"
#     - "aws:ecr/registryPolicy:RegistryPolicy"
#     - "aws:efs/fileSystemPolicy:FileSystemPolicy"
#     - "aws:backup/vaultPolicy:VaultPolicy"
#     - "aws:dynamodb/resourcePolicy:ResourcePolicy"
#     - "aws:kinesis/resourcePolicy:ResourcePolicy"
#     - "aws:glue/resourcePolicy:ResourcePolicy"
#     - "aws:msk/clusterPolicy:ClusterPolicy"
#     - "aws:cloudwatch/eventBusPolicy:EventBusPolicy"
#     - "aws:codebuild/resourcePolicy:ResourcePolicy"
#     - "aws:redshift/resourcePolicy:ResourcePolicy"
#     - "aws:acmpca/policy:Policy"
#     - "aws:s3/accessPoint:AccessPoint"
#     - "aws:s3control/accessPointPolicy:AccessPointPolicy"
#     - "aws:s3control/bucketPolicy:BucketPolicy"
#     - "aws:opensearch/domain:Domain"
#     - "aws:opensearch/domainPolicy:DomainPolicy"
#     - "aws:elasticsearch/domain:Domain"
#     - "aws:elasticsearch/domainPolicy:DomainPolicy"
#     - "aws:glacier/vault:Vault"
#     - "aws:cloudwatch/logDestinationPolicy:LogDestinationPolicy"
#     - "aws:cloudwatch/logResourcePolicy:LogResourcePolicy"
#     - "aws:s3tables/tableBucketPolicy:TableBucketPolicy"
#     - "aws:codeartifact/repositoryPermissionsPolicy:RepositoryPermissionsPolicy"
#     - "aws:codeartifact/domainPermissions:DomainPermissions"
#     - "aws:apigateway/restApi:RestApi"
#     - "aws:apigateway/restApiPolicy:RestApiPolicy"
#     - "aws:s3control/multiRegionAccessPointPolicy:MultiRegionAccessPointPolicy"
#     - "aws:s3control/objectLambdaAccessPointPolicy:ObjectLambdaAccessPointPolicy"
#     - "aws:s3control/accessGrantsInstanceResourcePolicy:AccessGrantsInstanceResourcePolicy"
#     - "aws:s3/vectorsVectorBucketPolicy:VectorsVectorBucketPolicy"
#     - "aws:s3tables/tablePolicy:TablePolicy"
#     - "aws:redshiftserverless/resourcePolicy:ResourcePolicy"
#     - "aws:kms/externalKey:ExternalKey"
#     - "aws:kms/replicaExternalKey:ReplicaExternalKey"
#     - "aws:lambda/layerVersionPermission:LayerVersionPermission"
#     - "aws:cloudwatch/eventPermission:EventPermission"
#     - "aws:cloudwatch/logDeliveryDestinationPolicy:LogDeliveryDestinationPolicy"
#     - "aws:mediastore/containerPolicy:ContainerPolicy"
#     - "aws:oam/sinkPolicy:SinkPolicy"
#     - "aws:schemas/registryPolicy:RegistryPolicy"
#     - "aws:ses/identityPolicy:IdentityPolicy"
#     - "aws:sesv2/emailIdentityPolicy:EmailIdentityPolicy"
#     - "aws:vpclattice/resourcePolicy:ResourcePolicy"
#     - "aws:xray/resourcePolicy:ResourcePolicy"
#     - "aws:amp/resourcePolicy:ResourcePolicy"
#     - "aws:networkfirewall/resourcePolicy:ResourcePolicy"
#     - "aws:organizations/resourcePolicy:ResourcePolicy"
#     - "aws:cloudsearch/domainServiceAccessPolicy:DomainServiceAccessPolicy"
#     - "aws:sagemaker/modelPackageGroupPolicy:ModelPackageGroupPolicy"
#   unknown: undetermined
#   frameworks:
#     pci-dss-4.0: ["7.2.1"]
#     iso-27001-2022: ["A.5.15"]
#   remediation: "Name the principals at `{path}` of {urn}, or tie the statement to your accounts with `aws:PrincipalOrgID`, `aws:SourceAccount` or the like under `StringEquals`. Under `ArnLike` an ARN ties where its account is literal; with the ARN of a bucket, which has none, add `aws:SourceAccount`."
package aws.iam_003

import rego.v1

import data.aws.lib

deny contains {"path": ["policy"], "msg": "the policy allows access to everybody"} if is_open(input.inputs.policy)

deny contains {"path": ["accessPolicies"], "msg": "the policy allows access to everybody"} if is_open(input.inputs.accessPolicies)

deny contains {"path": ["accessPolicy"], "msg": "the policy allows access to everybody"} if is_open(input.inputs.accessPolicy)

deny contains {"path": ["policyDocument"], "msg": "the policy allows access to everybody"} if is_open(input.inputs.policyDocument)

deny contains {"path": ["resourcePolicy"], "msg": "the policy allows access to everybody"} if is_open(input.inputs.resourcePolicy)

deny contains {"path": ["deliveryDestinationPolicy"], "msg": "the policy allows access to everybody"} if is_open(input.inputs.deliveryDestinationPolicy)

deny contains {"path": ["details", "policy"], "msg": "the policy allows access to everybody"} if is_open(input.inputs.details.policy)

deny contains {"path": ["content"], "msg": "the policy allows access to everybody"} if is_open(input.inputs.content)

# Layers and event buses have a permission in place of a document.
deny contains {"path": ["principal"], "actual": input.inputs.principal, "msg": "the permission is for everybody"} if {
	lib.is_everything(input.inputs.principal)
	not is_of_an_organization
}

is_of_an_organization if lib.is_one(input.inputs.organizationId)

is_of_an_organization if {
	lower(input.inputs.condition.key) == "aws:principalorgid"
	lower(input.inputs.condition.type) == "stringequals"
	lib.is_one(input.inputs.condition.value)
}

is_open(policy) if {
	some statement in lib.allowing(policy)
	lib.is_for_anybody(statement)
	not lib.is_tied(statement)
}

# What cannot be read cannot be judged.
is_open(policy) if {
	lib.is_written(policy)
	not lib.is_readable(policy)
	not is_empty(policy)
}

# An empty document takes the policy away.
is_empty(policy) if lib.document(policy) == {}
