# METADATA
# title: Database proxies demand TLS
# description: "Without TLS, queries and passwords cross the network in the clear."
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy.howitworks.html
# custom:
#   id: AWS-RDS-010
#   severity: medium
#   level: mandatory
#   scope: resource
#   types:
#     - "aws:rds/proxy:Proxy"
#   unknown: undetermined
#   frameworks:
#     pci-dss-4.0: ["4.2.1"]
#     iso-27001-2022: ["A.8.24"]
#   remediation: "Set `requireTls: true` on {urn}."
package aws.rds_010

import rego.v1

deny contains {"path": ["requireTls"], "expected": true, "msg": "the proxy admits connections without TLS"} if {
	not input.inputs.requireTls == true
}
