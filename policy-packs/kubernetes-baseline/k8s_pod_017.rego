# METADATA
# title: Root file systems are read-only
# description: Whoever gets into the container can then leave nothing behind. Programs that write files need an `emptyDir` for them.
# scope: package
# related_resources:
#   - ref: https://kubernetes.io/docs/tasks/configure-pod-container/security-context/
# custom:
#   id: K8S-POD-017
#   severity: medium
#   level: advisory
#   scope: resource
#   types:
#     - "kubernetes:core/v1:Pod"
#     - "kubernetes:core/v1:PodTemplate"
#     - "kubernetes:core/v1:ReplicationController"
#     - "kubernetes:apps/v1:Deployment"
#     - "kubernetes:apps/v1:StatefulSet"
#     - "kubernetes:apps/v1:DaemonSet"
#     - "kubernetes:apps/v1:ReplicaSet"
#     - "kubernetes:batch/v1:Job"
#     - "kubernetes:batch/v1:CronJob"
#   unknown: undetermined
#   frameworks:
#     nsa-cisa: ["immutable-container-file-systems"]
#   remediation: "Set `{path}: true` on {urn} and mount an `emptyDir` where the program writes."
package k8s.pod_017

import rego.v1

import data.k8s.security

deny contains {"path": array.concat(at, ["securityContext", "readOnlyRootFilesystem"]), "expected": true, "msg": "the root file system can be written"} if {
	some at in security.linux
	not security.of_container[at].readOnlyRootFilesystem == true
}
