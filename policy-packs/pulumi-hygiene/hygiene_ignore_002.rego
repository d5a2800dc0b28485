# METADATA
# title: Changes of what protects are not ignored
# description: "What is ignored stays as somebody left it by hand: open, or unencrypted, whatever the program says."
# scope: package
# related_resources:
#   - ref: https://www.pulumi.com/docs/iac/concepts/options/ignorechanges/
# custom:
#   id: HYGIENE-IGNORE-002
#   severity: medium
#   level: mandatory
#   scope: resource
#   types:
#     - "*"
#   unknown: irrelevant
#   parameters:
#     properties: {type: strings, default: ["accessControlPolicy", "accessLogs", "accessPolicies", "accessPolicy", "acl", "allowUnauthenticatedIdentities", "apiGroups", "assignPublicIp", "associatePublicIpAddress", "assumeRolePolicy", "atRestEncryptionEnabled", "authorization", "authorizationType", "automountServiceAccountToken", "blockDeviceMappings", "blockPublicAcls", "blockPublicPolicy", "blockPublicSecurityGroupRules", "brokerNodeGroupInfo", "bypassPolicyLockoutSafetyCheck", "cacheBehaviors", "cidr", "cidrBlock", "cidrBlocks", "cidrIpv4", "cidrIpv6", "clientAuthentication", "clusterEndpointEncryptionType", "connectivityInfo", "containerDefinitions", "customOriginConfig", "customOriginConfigs", "defaultCacheBehavior", "deleteAutomatedBackups", "deleteProtection", "deletionProtection", "deletionProtectionEnabled", "deletionWindowInDays", "deliveryDestinationPolicy", "directInternetAccess", "disableApiTermination", "domainEndpointOptions", "domainNameConfiguration", "ebsBlockDevices", "egress", "enableDeletionProtection", "enableKeyRotation", "enableLogFileValidation", "enableLogging", "encryptAtRest", "encrypted", "encryption", "encryptionConfig", "encryptionConfiguration", "encryptionConfigurations", "encryptionInfo", "encryptionType", "endpointPublicAccess", "enforceHttps", "entries", "externalIPs", "forceDelete", "forceDestroy", "fromPort", "grants", "hostIPC", "hostNetwork", "hostPath", "hostPID", "hostPort", "httpEndpoint", "httpTokens", "ignorePublicAcls", "imagePullPolicy", "ingress", "inlinePolicies", "inlinePolicy", "insecure", "ipBlock", "ipProtocol", "ipv6CidrBlock", "ipv6CidrBlocks", "isMultiRegionTrail", "kmsArn", "kmsKeyArn", "kmsKeyId", "kmsMasterKeyId", "kubeconfig", "launchSpecifications", "lbProtocol", "loadBalancerSourceRanges", "loggingConfig", "managedPolicyArn", "managedPolicyArns", "manageMasterUserPassword", "mapPublicIpOnLaunch", "metadataOptions", "minimumProtocolVersion", "networkAcls", "networkConfiguration", "networkInterfaces", "nodeToNodeEncryption", "nonResourceURLs", "objectOwnership", "orderedCacheBehaviors", "organizationId", "originProtocolPolicy", "origins", "originSslProtocols", "permissions", "pointInTimeRecovery", "policy", "policyArn", "policyArns", "policyDocument", "principal", "principalOrgId", "privileged", "protocol", "publicAccess", "publicAccessBlockConfiguration", "publicAccessCidrs", "publiclyAccessible", "purgeProtectionEnabled", "remoteAccess", "requireTls", "resourcePolicy", "restrictPublicBuckets", "roleRef", "rootBlockDevice", "rule", "rules", "securityContext", "securityGroupIds", "securityGroups", "securityPolicy", "serverSideEncryption", "serviceAccountName", "sharedAccounts", "shareProcessNamespace", "skipFinalSnapshot", "sourceAccount", "sourceArn", "sourceSecurityGroupIds", "sqsManagedSseEnabled", "sseAlgorithm", "sslPolicy", "storageEncrypted", "subjects", "terminationProtection", "tls", "tlsSecurityPolicy", "toPort", "transitEncryption", "transitEncryptionEnabled", "transitEncryptionMode", "unauthenticated", "verbs", "versioning", "versioningConfiguration", "viewerCertificate", "viewerProtocolPolicy", "volumes", "vpcConfig", "vpcOptions", "vpcSecurityGroupIds"]}
#   remediation: "Remove {actual} from `ignoreChanges` of {urn}, so that the program decides it."
package hygiene.ignore_002

import rego.v1

import data.hygiene.paths

guarded := {lower(property) | some property in input.params.properties}

deny contains {"actual": path, "msg": "changes of what protects are ignored"} if {
	path := input.options.ignore_changes[_]
	some part in paths.parts(path)
	lower(part) in guarded
}

# In Kubernetes all of that is inside of these; of what is beside it, a path says more.
deny contains {"actual": path, "msg": "changes of what protects are ignored, with all that is around it"} if {
	startswith(input.type, "kubernetes:")
	path := input.options.ignore_changes[_]
	parts := paths.parts(path)
	lower(parts[count(parts) - 1]) in {"spec", "template", "jobtemplate", "containers", "initcontainers"}
}
