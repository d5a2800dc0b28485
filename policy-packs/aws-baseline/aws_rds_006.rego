# METADATA
# title: Databases keep their logs
# description: Logs that stay on the instance are gone with it.
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/rds-controls.html#rds-9
# custom:
#   id: AWS-RDS-006
#   severity: low
#   level: advisory
#   scope: resource
#   types:
#     - "aws:rds/instance:Instance"
#     - "aws:rds/cluster:Cluster"
#     - "aws:docdb/cluster:Cluster"
#   unknown: undetermined
#   frameworks:
#     pci-dss-4.0: ["10.2.1"]
#     iso-27001-2022: ["A.8.15"]
#   remediation: "List the logs of the engine in `enabledCloudwatchLogsExports` of {urn}, for example `postgresql`, or `audit` and `error`."
package aws.rds_006

import rego.v1

deny contains {"path": ["enabledCloudwatchLogsExports"], "msg": "the database keeps no logs"} if not is_logged

is_logged if count(input.inputs.enabledCloudwatchLogsExports) > 0
