# METADATA
# title: Manifests hold no secrets in their environment
# description: "Whoever may read the workload reads the secret. Only names are looked at: a variable with the name of a secret must take its value from one."
# scope: package
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/security/secrets-good-practices/
# custom:
#   id: K8S-SECRET-001
#   severity: high
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
#     nsa-cisa: ["secrets"]
#   remediation: "Keep the value of `{actual}` in a Secret, and mount it or refer to it with `valueFrom.secretKeyRef` at `{path}` of {urn}."
package k8s.secret_001

import rego.v1

import data.k8s.secrets

name[["spec", "containers", i, "env", j]] := input.inputs.spec.containers[i].env[j].name

name[["spec", "initContainers", i, "env", j]] := input.inputs.spec.initContainers[i].env[j].name

name[["spec", "template", "spec", "containers", i, "env", j]] := input.inputs.spec.template.spec.containers[i].env[j].name

name[["spec", "template", "spec", "initContainers", i, "env", j]] := input.inputs.spec.template.spec.initContainers[i].env[j].name

name[["spec", "jobTemplate", "spec", "template", "spec", "containers", i, "env", j]] := input.inputs.spec.jobTemplate.spec.template.spec.containers[i].env[j].name

name[["spec", "jobTemplate", "spec", "template", "spec", "initContainers", i, "env", j]] := input.inputs.spec.jobTemplate.spec.template.spec.initContainers[i].env[j].name

name[["template", "spec", "containers", i, "env", j]] := input.inputs.template.spec.containers[i].env[j].name

name[["template", "spec", "initContainers", i, "env", j]] := input.inputs.template.spec.initContainers[i].env[j].name

referring contains ["spec", "containers", i, "env", j] if input.inputs.spec.containers[i].env[j].valueFrom != null

referring contains ["spec", "initContainers", i, "env", j] if input.inputs.spec.initContainers[i].env[j].valueFrom != null

referring contains ["spec", "template", "spec", "containers", i, "env", j] if input.inputs.spec.template.spec.containers[i].env[j].valueFrom != null

referring contains ["spec", "template", "spec", "initContainers", i, "env", j] if input.inputs.spec.template.spec.initContainers[i].env[j].valueFrom != null

referring contains ["spec", "jobTemplate", "spec", "template", "spec", "containers", i, "env", j] if input.inputs.spec.jobTemplate.spec.template.spec.containers[i].env[j].valueFrom != null

referring contains ["spec", "jobTemplate", "spec", "template", "spec", "initContainers", i, "env", j] if input.inputs.spec.jobTemplate.spec.template.spec.initContainers[i].env[j].valueFrom != null

referring contains ["template", "spec", "containers", i, "env", j] if input.inputs.template.spec.containers[i].env[j].valueFrom != null

referring contains ["template", "spec", "initContainers", i, "env", j] if input.inputs.template.spec.initContainers[i].env[j].valueFrom != null

deny contains {"path": at, "actual": variable, "msg": "a secret stands in the manifest"} if {
	some at, variable in name
	secrets.is_secret(variable)
	not at in referring
}
