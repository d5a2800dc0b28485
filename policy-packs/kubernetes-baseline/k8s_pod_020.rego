# METADATA
# title: Pods belong to a controller that replaces them
# description: A bare pod is gone with its node. A ReplicaSet or ReplicationController of its own is not rolled out or back.
# scope: package
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/workloads/controllers/deployment/
# custom:
#   id: K8S-POD-020
#   severity: low
#   level: advisory
#   scope: resource
#   types:
#     - "kubernetes:core/v1:Pod"
#     - "kubernetes:core/v1:ReplicationController"
#     - "kubernetes:apps/v1:Deployment"
#     - "kubernetes:apps/v1:StatefulSet"
#     - "kubernetes:apps/v1:DaemonSet"
#     - "kubernetes:apps/v1:ReplicaSet"
#     - "kubernetes:batch/v1:Job"
#     - "kubernetes:batch/v1:CronJob"
#   unknown: irrelevant
#   remediation: "Declare a Deployment, StatefulSet, DaemonSet or Job instead of {urn}."
package k8s.pod_020

import rego.v1

alone := {"kubernetes:core/v1:Pod", "kubernetes:core/v1:ReplicationController", "kubernetes:apps/v1:ReplicaSet"}

deny contains {"actual": input.type, "msg": "nothing replaces the pod or rolls it out"} if input.type in alone
