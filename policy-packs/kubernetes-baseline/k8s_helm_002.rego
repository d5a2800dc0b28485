# METADATA
# title: Charts have a version
# description: Without one the newest chart is taken, whatever is in it by then. A chart that is a folder of the program needs none.
# scope: package
# related_resources:
#   - ref: https://www.pulumi.com/registry/packages/kubernetes/api-docs/helm/v4/chart/
# custom:
#   id: K8S-HELM-002
#   severity: medium
#   level: mandatory
#   scope: resource
#   types:
#     - "kubernetes:helm.sh/v3:Release"
#     - "kubernetes:helm.sh/v4:Chart"
#   unknown: undetermined
#   remediation: "Set `{path}` of {urn} to the version that was looked at."
package k8s.helm_002

import rego.v1

deny contains {"path": ["version"], "msg": "the chart has no version"} if {
	not is_folder
	not has_version
}

is_folder if startswith(input.inputs.chart, "./")

is_folder if startswith(input.inputs.chart, "../")

is_folder if startswith(input.inputs.chart, "/")

# A range such as `^1.2` or `1.x` also takes what is newest.
has_version if {
	version := input.inputs.version
	count(split(version, ".")) >= 3
	every sign in ["^", "~", "*", "x", ">", "<", " ", "|", ","] {
		not contains(split(version, "-")[0], sign)
	}
}
