# What the orders team expects of the queue whatever a change was for.
Feature: no order is lost

  Background:
    Given the stack is deployed
    And the queue "work" exists

  @critical
  Scenario: an order that nobody could handle is put aside
    Then the queue "work" has property "redrivePolicy" as JSON at "deadLetterTargetArn" referring to the queue "dead"

  # One failed attempt is a deployment, a restart, a bad minute.
  Scenario: an order gets more than one chance and not for ever
    Then the queue "work" has property "redrivePolicy" as JSON at "maxReceiveCount" at least 3
    And the queue "work" has property "redrivePolicy" as JSON at "maxReceiveCount" at most 20

  # A long weekend without workers.
  Scenario: an order waits four days
    Then the queue "work" has property "messageRetentionSeconds" at least 345600

  # The age of a message counts from when it was first sent, so what was put aside must be kept for longer.
  Scenario: what was put aside waits for a person
    Then the queue "dead" has property "messageRetentionSeconds" at least 864000
    And the queue "dead" has property "redrivePolicy" that is not set

  Scenario: a slow worker is not overtaken by another
    Then the queue "work" has property "visibilityTimeoutSeconds" at least 30
    And the queue "work" has property "visibilityTimeoutSeconds" at most 900

  Scenario: those who send orders still find the queue
    Then the output "workUrl" refers to the queue "work"
    And the output "workArn" refers to the queue "work"
    And the output "deadArn" refers to the queue "dead"
