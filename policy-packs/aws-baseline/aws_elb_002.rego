# METADATA
# title: Classic load balancers log their access
# description: Access logs show who asked for what.
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/elb-controls.html#elb-5
# custom:
#   id: AWS-ELB-002
#   severity: medium
#   level: advisory
#   scope: resource
#   types:
#     - "aws:elb/loadBalancer:LoadBalancer"
#     - "aws:elasticloadbalancing/loadBalancer:LoadBalancer"
#   unknown: undetermined
#   frameworks:
#     pci-dss-4.0: ["10.2.1"]
#     iso-27001-2022: ["A.8.15"]
#   remediation: "Set `accessLogs.bucket` on {urn}, and remove `accessLogs.enabled: false`."
package aws.elb_002

import rego.v1

import data.aws.lib

deny contains {"path": ["accessLogs", "bucket"], "msg": "the load balancer logs no access"} if not has_bucket

# A bucket turns them on.
deny contains {"path": ["accessLogs", "enabled"], "actual": false, "expected": true, "msg": "the load balancer logs no access"} if {
	input.inputs.accessLogs.enabled == false
}

has_bucket if lib.is_given(input.inputs.accessLogs.bucket)
