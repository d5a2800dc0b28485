# Kinds of resources that the rules of this pack judge, each in the version in which they judge it. Reads only the type.
package k8s.api

import rego.v1

judged := {
	"core/v1": {
		"Pod", "PodTemplate", "ReplicationController", "Service", "ServiceAccount", "ConfigMap", "Secret", "Namespace",
		"PersistentVolume", "PersistentVolumeClaim",
	},
	"apps/v1": {"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"},
	"batch/v1": {"Job", "CronJob"},
	"rbac.authorization.k8s.io/v1": {"Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding"},
	"networking.k8s.io/v1": {"Ingress", "NetworkPolicy"},
	"policy/v1": {"PodDisruptionBudget"},
	"storage.k8s.io/v1": {"StorageClass"},
	"apiextensions.k8s.io/v1": {"CustomResourceDefinition"},
}

# Groups of Kubernetes itself; `v1` and `extensions` are other ways to say the same.
own := {"core", "v1", "extensions"} | {split(version, "/")[0] | some version, _ in judged}

parts := split(input.type, ":")

# The version, such as `apps/v1`, and the kind, of a resource of Kubernetes itself.
version := parts[1] if {
	parts[0] == "kubernetes"
	split(parts[1], "/")[0] in own
}

kind := parts[count(parts) - 1]

# Kinds, wherever they are judged.
kinds := {each | some _, each in judged[_]}
