# METADATA
# title: What holds other things is not deleted
# description: A namespace takes everything in it, a definition every resource of its kind, and a claim its data, also where Pulumi knows none of it.
# scope: package
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/storage/persistent-volumes/#reclaiming
# custom:
#   id: K8S-STATE-001
#   severity: critical
#   level: mandatory
#   scope: resource
#   types:
#     - "kubernetes:core/v1:Namespace"
#     - "kubernetes:core/v1:PersistentVolumeClaim"
#     - "kubernetes:core/v1:PersistentVolume"
#     - "kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition"
#   ops: [delete, delete-replaced, replace, discard, discard-replaced, remove-pending-replace]
#   unknown: undetermined
#   remediation: "Keep {urn}: undo what deletes or replaces it. If it must go, first apply a change that keeps the data (`retainOnDelete`, or `persistentVolumeReclaimPolicy: Retain`), and ask a person."
package k8s.state_001

import rego.v1

deny contains {"actual": input.op, "msg": "what it holds would be lost with it"} if not is_kept

# The state decides, not the program: a delete uses what was applied before.
is_kept if input.old_options.retain_on_delete == true

# A volume that is declared by hand keeps its disk unless it says otherwise.
is_kept if {
	input.type == "kubernetes:core/v1:PersistentVolume"
	is_object(input.old_inputs.spec)
	not loses_its_disk
}

loses_its_disk if input.old_inputs.spec.persistentVolumeReclaimPolicy in {"Delete", "Recycle"}
