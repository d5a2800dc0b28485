# What must stay true of the orders whatever a change was for.
Feature: the orders

  Background:
    Given the stack is deployed
    And the table "orders" exists

  # The role goes to a service that others write. It reads orders and does nothing else.
  @critical
  Scenario: the reader reads the orders and nothing else
    Then the resource "read" of type "aws:iam/policy:Policy" has property "policy" as JSON at "Statement[*].Action[*]" matching "dynamodb:(BatchGetItem|GetItem|Query)"
    And the resource "read" of type "aws:iam/policy:Policy" has property "policy" as JSON at "Statement[*].Resource" referring to the table "orders"
    And there is exactly 1 resource of type "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
    And the only resource of type "aws:iam/rolePolicyAttachment:RolePolicyAttachment" has property "policyArn" referring to the resource "read" of type "aws:iam/policy:Policy"
    And no resource of type "aws:iam/rolePolicy:RolePolicy" exists
    And the role "reader" has property "inlinePolicies" that is not set
    And the role "reader" has property "managedPolicyArns" that is not set

  # Another key is another, empty table.
  Scenario: the orders are found under the same key
    Then the table "orders" has these properties:
      | property | value    |
      | hashKey  | customer |
      | rangeKey | placed   |

  Scenario: the orders of any minute can be brought back
    Then the table "orders" has property "pointInTimeRecovery.enabled" equal to true
    And the table "orders" has property "deletionProtectionEnabled" equal to true

  # A campaign must not be stopped by a limit that somebody forgot.
  Scenario: no limit stops the writing of orders
    Then the table "orders" has property "billingMode" equal to "PAY_PER_REQUEST"

  Scenario Outline: only the <what> service may take the role
    Then the role "reader" has property "assumeRolePolicy" as JSON at "Statement[*].<where>" equal to "<is>"

    Examples:
      | what       | where             | is                   |
      | reading    | Principal.Service | lambda.amazonaws.com |
      | short-term | Action            | sts:AssumeRole       |

  Scenario: those who read orders still find them
    Then the output "table" refers to the table "orders"
    And the output "tableArn" refers to the table "orders"
    And the output "readerRole" refers to the role "reader"
