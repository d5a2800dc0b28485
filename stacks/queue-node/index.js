"use strict";

const pulumi = require("@pulumi/pulumi");

const config = new pulumi.Config();
const visibilityTimeoutSeconds = config.getNumber("visibilityTimeoutSeconds") ?? 60;
const maxReceiveCount = config.getNumber("maxReceiveCount") ?? 5;

const tags = {
    service: "orders",
    owner: "orders-team",
    environment: pulumi.getStack(),
};

/**
 * An SQS queue. The type comes from the `aws` package; the package's own library is left out because of its size.
 */
class Queue extends pulumi.CustomResource {
    constructor(name, args, opts) {
        const outputs = { arn: undefined, url: undefined, name: undefined };
        super("aws:sqs/queue:Queue", name, { ...outputs, ...args }, opts);
    }
}

// Messages that nobody could handle, kept for as long as SQS can.
const dead = new Queue("dead", {
    messageRetentionSeconds: 14 * 24 * 60 * 60,
    sqsManagedSseEnabled: true,
    tags,
});

const work = new Queue("work", {
    visibilityTimeoutSeconds,
    messageRetentionSeconds: 4 * 24 * 60 * 60,
    sqsManagedSseEnabled: true,
    redrivePolicy: pulumi.jsonStringify({
        deadLetterTargetArn: dead.arn,
        maxReceiveCount,
    }),
    tags,
});

module.exports = {
    workUrl: work.url,
    workArn: work.arn,
    deadArn: dead.arn,
};
