# What must be true of the site whatever a change was for. Steps: `lightsout holdout vocabulary`.
Feature: the pages
  What visitors read, who else may touch it, and how it is brought back.

  Background:
    Given the stack is deployed
    And the bucket "content" exists

  # The pages are made by hand in part; a deleted one must come back.
  @critical
  Scenario: a deleted page can be brought back
    Then the resource of type "aws:s3/bucketVersioning:BucketVersioning" whose property "bucket" refers to the bucket "content" has property "versioningConfiguration.status" equal to "Enabled"

  # The delivery network is the only reader. A policy sees each block by itself; here every bucket must have one.
  Scenario: no bucket is without a wall
    Then for each bucket there is a public-access-block whose property "bucket" refers to it
    And each public-access-block has these properties:
      | property              | value |
      | blockPublicAcls       | true  |
      | blockPublicPolicy     | true  |
      | ignorePublicAcls      | true  |
      | restrictPublicBuckets | true  |

  # Other stacks read these outputs.
  Scenario: those who depend on the site still find it
    Then the output "bucket" refers to the bucket "content"
    And the output "bucketArn" refers to the bucket "content"
    And the output "logBucket" refers to the bucket "logs"
    And the output "url" matches "https://[a-z0-9.-]+/"
