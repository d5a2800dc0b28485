# METADATA
# title: "The default service account's token is not mounted"
# description: "Every pod of a namespace shares that account: a right that one of them needs is given to all, and to whoever gets into one."
# scope: package
# related_resources:
#   - ref: https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/
# custom:
#   id: K8S-SA-001
#   severity: medium
#   level: mandatory
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
#     cis-kubernetes-1.9: ["5.1.5", "5.1.6"]
#     nsa-cisa: ["protecting-pod-service-account-tokens"]
#   remediation: "Give {urn} a service account of its own in `serviceAccountName`, or set `{path}: false`."
package k8s.sa_001

import rego.v1

import data.k8s.containers

name[["spec"]] := input.inputs.spec.serviceAccountName

name[["spec", "template", "spec"]] := input.inputs.spec.template.spec.serviceAccountName

name[["spec", "jobTemplate", "spec", "template", "spec"]] := input.inputs.spec.jobTemplate.spec.template.spec.serviceAccountName

name[["template", "spec"]] := input.inputs.template.spec.serviceAccountName

old_name[["spec"]] := input.inputs.spec.serviceAccount

old_name[["spec", "template", "spec"]] := input.inputs.spec.template.spec.serviceAccount

old_name[["spec", "jobTemplate", "spec", "template", "spec"]] := input.inputs.spec.jobTemplate.spec.template.spec.serviceAccount

old_name[["template", "spec"]] := input.inputs.template.spec.serviceAccount

mounted[["spec"]] := input.inputs.spec.automountServiceAccountToken

mounted[["spec", "template", "spec"]] := input.inputs.spec.template.spec.automountServiceAccountToken

mounted[["spec", "jobTemplate", "spec", "template", "spec"]] := input.inputs.spec.jobTemplate.spec.template.spec.automountServiceAccountToken

mounted[["template", "spec"]] := input.inputs.template.spec.automountServiceAccountToken

deny contains {"path": array.concat(pod, ["automountServiceAccountToken"]), "expected": false, "msg": "the token of the default service account is mounted"} if {
	some pod in containers.pods
	not mounted[pod] == false
	not has_account(pod)
}

has_account(pod) if is_account(name[pod])

has_account(pod) if is_account(old_name[pod])

is_account(account) if not account in {"", "default", null}
