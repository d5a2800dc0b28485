//! `lightsout trust-policy`: what an AWS account must trust, and the least that each role needs.
//!
//! INVARIANT: a role trusts one repository by its number, which survives a renaming, and what the configuration names besides.

use serde_json::{Value, json};

use crate::app::{Outside, print_json};
use crate::cli;
use crate::config::load;
use crate::config::{Aws, Role};
use crate::exit::Exit;
use crate::fault::Fault;

/// GitHub's issuer, as IAM names it.
const ISSUER: &str = "token.actions.githubusercontent.com";

/// A repository as GitHub's tokens name it.
#[derive(Debug)]
struct Repository {
    owner: String,
    name: String,
    id: String,
    owner_id: String,
}

/// Prints the policies of a stack's roles.
///
/// # Errors
/// The stack has no roles, or the repository is not known.
pub fn run(outside: &Outside, arguments: &cli::TrustPolicy) -> Result<Exit, Fault> {
    let perimeter = outside.perimeter()?;
    let base = perimeter.repository.base()?;
    let job = load::job(&perimeter, &base, &arguments.stack)?;
    let aws = job.stack.credentials.aws.as_ref().ok_or_else(|| {
        Fault::Usage(format!(
            "stack `{}` has no `credentials.aws`",
            arguments.stack
        ))
    })?;
    let repository = repository(outside, arguments)?;
    let mut roles = vec![("preview", &aws.preview)];
    roles.extend(aws.validate.iter().map(|role| ("validate", role)));
    roles.push(("apply", &aws.apply));
    let policies: Vec<Value> = roles
        .into_iter()
        .map(|(stage, role)| {
            json!({
                "stage": stage,
                "role": role.arn,
                "trust_policy": trust(aws, role, &repository),
                "permissions_example": permissions(stage, &aws.region, &arguments.services),
            })
        })
        .collect();
    print_json(&policies)?;
    Ok(Exit::Done)
}

fn repository(outside: &Outside, arguments: &cli::TrustPolicy) -> Result<Repository, Fault> {
    let known = |given: &Option<String>, flag: &str, variable: &str| {
        let found = outside.environment.get(variable);
        let found = found.map(|value| value.reveal().to_owned());
        given.clone().or(found).ok_or_else(|| {
            Fault::Usage(format!(
                "give {flag}: outside of a GitHub job, where `{variable}` says it, it is not known"
            ))
        })
    };
    let full = known(&arguments.github, "--github", "GITHUB_REPOSITORY")?;
    let (owner, name) = full
        .split_once('/')
        .ok_or_else(|| Fault::Usage("`--github` must be OWNER/NAME".to_owned()))?;
    let number = |text: String, flag: &str| {
        if text.bytes().all(|byte| byte.is_ascii_digit()) {
            Ok(text)
        } else {
            Err(Fault::Usage(format!("`{flag}` must be a number")))
        }
    };
    let id = known(
        &arguments.repository_id,
        "--repository-id",
        "GITHUB_REPOSITORY_ID",
    )?;
    let owner_id = known(
        &arguments.owner_id,
        "--owner-id",
        "GITHUB_REPOSITORY_OWNER_ID",
    )?;
    Ok(Repository {
        owner: owner.to_owned(),
        name: name.to_owned(),
        id: number(id, "--repository-id")?,
        owner_id: number(owner_id, "--owner-id")?,
    })
}

/// Who may assume a role.
fn trust(aws: &Aws, role: &Role, repository: &Repository) -> Value {
    let partition = role.arn.as_str().split(':').nth(1).unwrap_or("aws");
    let account = role.arn.account();
    let claim = |name: &str| format!("{ISSUER}:{name}");
    let mut equals = serde_json::Map::new();
    equals.insert(claim("aud"), json!(aws.audience));
    equals.insert(claim("repository_id"), json!(repository.id));
    if let Some(environment) = &role.environment {
        equals.insert(claim("environment"), json!(environment));
    }
    if let Some(workflow) = &role.workflow {
        equals.insert(claim("job_workflow_ref"), json!(workflow));
    }
    let mut condition = json!({ "StringEquals": equals });
    // Repositories made or renamed since July 2026 have their numbers in the subject too.
    let Repository {
        owner,
        name,
        id,
        owner_id,
    } = repository;
    let rest = role.environment.as_ref().map_or_else(
        || "*".to_owned(),
        |environment| format!("environment:{}", environment.replace(':', "%3A")),
    );
    let subjects = [
        format!("repo:{owner}/{name}:{rest}"),
        format!("repo:{owner}@{owner_id}/{name}@{id}:{rest}"),
    ];
    if let Some(condition) = condition.as_object_mut() {
        condition.insert("StringLike".to_owned(), json!({ claim("sub"): subjects }));
    }
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": { "Federated": format!("arn:{partition}:iam::{account}:oidc-provider/{ISSUER}") },
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": condition,
        }],
    })
}

/// What a role of this stage needs for these services; to be cut further.
fn permissions(stage: &str, region: &str, services: &[String]) -> Value {
    let actions = |verbs: &[&str]| -> Vec<String> {
        services
            .iter()
            .flat_map(|service| verbs.iter().map(move |verb| format!("{service}:{verb}")))
            .collect()
    };
    // Whoever may see the resources need not see what is in them.
    let data = json!({
        "Effect": "Deny",
        "Action": ["s3:GetObject*", "dynamodb:GetItem", "dynamodb:Query", "dynamodb:Scan", "kms:Decrypt", "secretsmanager:GetSecretValue", "ssm:GetParameter*", "sqs:ReceiveMessage"],
        "Resource": "*",
    });
    let statements = if stage == "preview" {
        json!([
            { "Effect": "Allow", "Action": actions(&["Describe*", "Get*", "List*"]), "Resource": "*" },
            data,
        ])
    } else {
        json!([
            { "Effect": "Allow", "Action": actions(&["*"]), "Resource": "*", "Condition": { "StringEquals": { "aws:RequestedRegion": region } } },
            data,
            { "Effect": "Deny", "Action": ["account:*", "iam:*", "organizations:*", "sts:AssumeRole*"], "Resource": "*" },
        ])
    };
    json!({ "Version": "2012-10-17", "Statement": statements })
}
