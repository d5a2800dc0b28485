# METADATA
# title: Secrets are files, not variables
# description: Variables end in logs, crash reports and child processes; a mounted file also changes when the secret does.
# scope: package
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/security/secrets-good-practices/
# custom:
#   id: K8S-SECRET-002
#   severity: low
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
#     cis-kubernetes-1.9: ["5.4.1"]
#     nsa-cisa: ["secrets"]
#   remediation: "Mount the secret as a volume instead of `{path}` of {urn}."
package k8s.secret_002

import rego.v1

used contains ["spec", "containers", i, "env", j, "valueFrom", "secretKeyRef"] if input.inputs.spec.containers[i].env[j].valueFrom.secretKeyRef != null

used contains ["spec", "initContainers", i, "env", j, "valueFrom", "secretKeyRef"] if input.inputs.spec.initContainers[i].env[j].valueFrom.secretKeyRef != null

used contains ["spec", "template", "spec", "containers", i, "env", j, "valueFrom", "secretKeyRef"] if input.inputs.spec.template.spec.containers[i].env[j].valueFrom.secretKeyRef != null

used contains ["spec", "template", "spec", "initContainers", i, "env", j, "valueFrom", "secretKeyRef"] if input.inputs.spec.template.spec.initContainers[i].env[j].valueFrom.secretKeyRef != null

used contains ["spec", "jobTemplate", "spec", "template", "spec", "containers", i, "env", j, "valueFrom", "secretKeyRef"] if input.inputs.spec.jobTemplate.spec.template.spec.containers[i].env[j].valueFrom.secretKeyRef != null

used contains ["spec", "jobTemplate", "spec", "template", "spec", "initContainers", i, "env", j, "valueFrom", "secretKeyRef"] if input.inputs.spec.jobTemplate.spec.template.spec.initContainers[i].env[j].valueFrom.secretKeyRef != null

used contains ["template", "spec", "containers", i, "env", j, "valueFrom", "secretKeyRef"] if input.inputs.template.spec.containers[i].env[j].valueFrom.secretKeyRef != null

used contains ["template", "spec", "initContainers", i, "env", j, "valueFrom", "secretKeyRef"] if input.inputs.template.spec.initContainers[i].env[j].valueFrom.secretKeyRef != null

used contains ["spec", "containers", i, "envFrom", j, "secretRef"] if input.inputs.spec.containers[i].envFrom[j].secretRef != null

used contains ["spec", "initContainers", i, "envFrom", j, "secretRef"] if input.inputs.spec.initContainers[i].envFrom[j].secretRef != null

used contains ["spec", "template", "spec", "containers", i, "envFrom", j, "secretRef"] if input.inputs.spec.template.spec.containers[i].envFrom[j].secretRef != null

used contains ["spec", "template", "spec", "initContainers", i, "envFrom", j, "secretRef"] if input.inputs.spec.template.spec.initContainers[i].envFrom[j].secretRef != null

used contains ["spec", "jobTemplate", "spec", "template", "spec", "containers", i, "envFrom", j, "secretRef"] if input.inputs.spec.jobTemplate.spec.template.spec.containers[i].envFrom[j].secretRef != null

used contains ["spec", "jobTemplate", "spec", "template", "spec", "initContainers", i, "envFrom", j, "secretRef"] if input.inputs.spec.jobTemplate.spec.template.spec.initContainers[i].envFrom[j].secretRef != null

used contains ["template", "spec", "containers", i, "envFrom", j, "secretRef"] if input.inputs.template.spec.containers[i].envFrom[j].secretRef != null

used contains ["template", "spec", "initContainers", i, "envFrom", j, "secretRef"] if input.inputs.template.spec.initContainers[i].envFrom[j].secretRef != null

deny contains {"path": at, "msg": "a secret is put into a variable"} if some at in used
