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
#     properties: {type: strings, default: ["acl", "assumeRolePolicy", "blockPublicAcls", "blockPublicPolicy", "cidrBlocks", "deletionProtection", "egress", "enableKeyRotation", "encrypted", "encryption", "imagePullPolicy", "ingress", "kmsKeyId", "managedPolicyArns", "networkAcls", "policy", "policyArn", "policyArns", "publicAccess", "publiclyAccessible", "resourcePolicy", "roleRef", "rules", "securityContext", "securityGroupIds", "securityGroups", "storageEncrypted", "subjects", "tls", "viewerProtocolPolicy", "vpcSecurityGroupIds"]}
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
