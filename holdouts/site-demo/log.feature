Feature: the access log

  Background:
    Given the stack is deployed

  Scenario: every reading of the pages is written down
    Then the resource of type "aws:s3/bucketLogging:BucketLogging" whose property "bucket" refers to the bucket "content" has property "targetBucket" referring to the bucket "logs"

  # The audit asks for the last month.
  Scenario: last month's log is still there
    Then the resource of type "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration" whose property "bucket" refers to the bucket "logs" has property "rules[*].expiration.days" at least 30

  # Pages do not expire, and a log among the pages would be served to visitors.
  Scenario: the log's rules do not reach the pages
    Then there is no resource of type "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration" whose property "bucket" refers to the bucket "content"
    And there is no resource of type "aws:s3/bucketLogging:BucketLogging" whose property "targetBucket" refers to the bucket "content"

  # The bill and the pager go to the owner.
  Scenario: somebody owns each bucket
    Then each bucket has tag "owner" equal to "web-team"
    And each bucket has tag "service" equal to "site"
