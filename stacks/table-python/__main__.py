"""A table of orders, and the role that its readers take."""

import json

import pulumi
import pulumi_aws as aws

config = pulumi.Config()
reader_service = config.get("readerService") or "lambda.amazonaws.com"

tags = {
    "service": "orders",
    "owner": "orders-team",
    "environment": pulumi.get_stack(),
}

orders = aws.dynamodb.Table(
    "orders",
    billing_mode="PAY_PER_REQUEST",
    hash_key="customer",
    range_key="placed",
    attributes=[
        {"name": "customer", "type": "S"},
        {"name": "placed", "type": "S"},
    ],
    deletion_protection_enabled=True,
    point_in_time_recovery={"enabled": True},
    server_side_encryption={"enabled": True},
    tags=tags,
)

reader = aws.iam.Role(
    "reader",
    assume_role_policy=json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": reader_service},
                    "Action": "sts:AssumeRole",
                }
            ],
        }
    ),
    tags=tags,
)

read = aws.iam.Policy(
    "read",
    policy=pulumi.Output.json_dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Action": ["dynamodb:GetItem", "dynamodb:Query"],
                    "Resource": orders.arn,
                }
            ],
        }
    ),
    tags=tags,
)

aws.iam.RolePolicyAttachment("reader-reads", role=reader.name, policy_arn=read.arn)

pulumi.export("table", orders.name)
pulumi.export("tableArn", orders.arn)
pulumi.export("readerRole", reader.arn)
