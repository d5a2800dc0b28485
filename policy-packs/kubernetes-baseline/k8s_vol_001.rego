# METADATA
# title: Volumes are not folders of a node
# description: A claim on such a volume brings the folder of the node into a pod that mounts no `hostPath` itself, whether the volume calls it `hostPath` or `local`.
# scope: package
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/storage/persistent-volumes/
# custom:
#   id: K8S-VOL-001
#   severity: high
#   level: mandatory
#   scope: resource
#   types:
#     - "kubernetes:core/v1:PersistentVolume"
#   unknown: undetermined
#   remediation: "Replace `{path}` of {urn} by a `csi` volume, or let a storage class make it."
package k8s.vol_001

import rego.v1

deny contains {"path": ["spec", "hostPath"], "actual": value, "msg": "the volume is a folder of a node"} if {
	value := input.inputs.spec.hostPath
	value != null
}

# A local volume is a folder of one node.
deny contains {"path": ["spec", "local"], "actual": value, "msg": "the volume is a folder of a node"} if {
	value := input.inputs.spec.local
	value != null
}
