# METADATA
# title: What Helm installs can be judged
# description: "A Release is one resource to Pulumi: no rule sees the manifests in it. A Chart becomes resources that are judged like all others."
# scope: package
# related_resources:
#   - ref: https://www.pulumi.com/registry/packages/kubernetes/how-to-guides/choosing-the-right-helm-resource-for-your-use-case/
# custom:
#   id: K8S-HELM-001
#   severity: high
#   level: mandatory
#   scope: resource
#   types:
#     - "kubernetes:helm.sh/v3:Release"
#     - "kubernetes:helm.sh/v3:Chart"
#     - "kubernetes:helm.sh/v4:Chart"
#   unknown: irrelevant
#   remediation: "Use `kubernetes.helm.v4.Chart` instead of the Release {urn}."
package k8s.helm_001

import rego.v1

deny contains {"actual": input.type, "msg": "the manifests of the release are not seen"} if {
	input.type == "kubernetes:helm.sh/v3:Release"
}
