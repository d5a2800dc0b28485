# METADATA
# title: Storage classes encrypt the disks of AWS
# description: Without `encrypted` it depends on a setting of the account whether the disk can be read from its copies.
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/eks/latest/userguide/ebs-csi.html
# custom:
#   id: K8S-VOL-002
#   severity: medium
#   level: advisory
#   scope: resource
#   types:
#     - "kubernetes:storage.k8s.io/v1:StorageClass"
#   unknown: undetermined
#   frameworks:
#     nsa-cisa: ["encryption"]
#   remediation: "Set `{path}: \"true\"` on {urn}."
package k8s.vol_002

import rego.v1

deny contains {"path": ["parameters", "encrypted"], "expected": "true", "msg": "the disks are not encrypted"} if {
	input.inputs.provisioner in {"ebs.csi.aws.com", "kubernetes.io/aws-ebs"}
	not is_encrypted
}

is_encrypted if lower(input.inputs.parameters.encrypted) == "true"
