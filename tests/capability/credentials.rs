//! Short-lived credentials: the job's identity, exchanged for one role a stage, and seen by the provider alone.

mod aws;

use crate::support::factory::{Site, factory, tools};
use crate::support::provider::file_provider;
use aws::{Aws, ENVIRONMENT, Job, WORKFLOW};

const PROJECT: &str = "name: who\nruntime: yaml\ndescription: before\nresources:\n  who:\n    type: local:index:Caller\noutputs:\n  arn: ${who.arn}\n";
const FEATURE: &str = "Feature: who\n  Scenario: one caller\n    Given the stack is deployed\n    Then there is exactly 1 resource of type \"local:index:Caller\"\n";
const AGENT: &str = "sed -i 's/  arn: /  caller: /' Pulumi.yaml";

/// A stack on a real provider that asks STS who it is, in a job of this kind.
fn site(aws: &Aws, audience: &str, session_policy: Option<&str>) -> Site {
    tools();
    let provider = tokio::runtime::Runtime::new()
        .unwrap()
        .block_on(file_provider());
    let cut = session_policy.map_or("", |_| ", session_policy: iam/preview.json");
    let role = |name: &str, cut: &str| {
        format!(
            "{{ arn: 'arn:aws:iam::123456789012:role/lightsout-{name}', environment: {ENVIRONMENT}, workflow: '{WORKFLOW}'{cut} }}"
        )
    };
    let credentials = format!(
        "credentials: {{ aws: {{ region: eu-central-1, audience: {audience}, preview: {}, validate: {}, apply: {} }} }}",
        role("preview", cut),
        role("validate", ""),
        role("apply", "")
    );
    let stack = || {
        factory("who-demo", "stacks/who")
            .packages("{ local: { provider: plugin, version: 0.1.0, environment: [AWS_ENDPOINT_URL_STS], credentials: aws } }")
            .line("trial: { providers: real, environment: { AWS_ENDPOINT_URL_STS: TRIAL_STS } }")
            .line(&credentials)
            .file("stacks/who/Pulumi.yaml", PROJECT)
            .file("holdouts/who-demo/who.feature", FEATURE)
            .file("iam/preview.json", session_policy.unwrap_or("{}"))
            .agent(AGENT)
    };
    let first = stack().build();
    let file = ["--file", provider.to_str().unwrap()];
    first
        .lightsout(&[&["tools", "add", "provider", "local@0.1.0"], &file[..]].concat())
        .expect(0);
    let lock = std::fs::read_to_string(first.top.join("tools.lock")).unwrap();
    let mut site = stack().file("tools.lock", &lock).build();
    for (name, value) in aws.variables() {
        site = site.variable(name, &value);
        if name == "AWS_ENDPOINT_URL_STS" {
            site = site.variable("TRIAL_STS", &value);
        }
    }
    site
}

#[test]
fn each_stage_has_a_role_of_its_own_and_only_the_provider_has_it() {
    let aws = Aws::start(Job::default());
    // One refusal for being asked too often is no reason to give up.
    aws.busy(1);
    let site = site(&aws, "sts.amazonaws.com", None);
    let ran = site.run().expect(0);
    let report = ran.json();
    assert_eq!(report["outcome"], "applied");
    let run = report["run"].as_str().unwrap();
    let resources = site.resources();
    let caller = resources
        .iter()
        .find(|it| it["type"] == "local:index:Caller")
        .unwrap();
    let arn = caller["outputs"]["arn"].as_str().unwrap();
    assert!(
        arn.starts_with("arn:aws:sts::123456789012:assumed-role/lightsout-apply/lo."),
        "{arn}"
    );
    assert!(arn.ends_with(&format!("{run}.apply")), "{arn}");
    let role = report["preview"]["role"].as_str().unwrap();
    assert!(role.contains("assumed-role/lightsout-preview/"), "{role}");
    let sessions = aws.sessions();
    let count = |name: &str| {
        let of = format!("assumed-role/lightsout-{name}/");
        sessions.iter().filter(|arn| arn.contains(&of)).count()
    };
    assert_eq!(
        (count("preview"), count("validate"), count("apply")),
        (1, 3, 1)
    );
    for canary in ["session-canary", "secret-canary", "runner-bearer-canary"] {
        assert!(!ran.stdout.contains(canary) && !ran.stderr.contains(canary));
        site.holds_no(canary);
    }
    site.lightsout(&["verify"]).expect(0);
}

#[track_caller]
fn refused(aws: &Aws, audience: &str, policy: Option<&str>, says: &str) {
    let site = site(aws, audience, policy);
    check_refused(&site, says);
}

#[track_caller]
fn check_refused(site: &Site, says: &str) {
    let ran = site.run().expect(1);
    assert!(ran.stderr.contains(says), "{}", ran.stderr);
    assert!(ran.stderr.contains("trust-policy"), "{}", ran.stderr);
    assert!(!ran.stderr.contains("canary"), "{}", ran.stderr);
    assert!(site.resources().is_empty());
}

#[test]
fn a_job_that_the_role_does_not_trust_is_told_why() {
    let job = Job {
        environment: "lightsout-staging",
        ..Job::default()
    };
    let says =
        "trusts the GitHub environment `lightsout-prod`, this job runs in `lightsout-staging`";
    refused(&Aws::start(job), "sts.amazonaws.com", None, says);
    let job = Job {
        workflow: "org/infra/.github/workflows/mine.yml@refs/heads/main",
        ..Job::default()
    };
    let says = "trusts the workflow `org/factory/";
    refused(&Aws::start(job), "sts.amazonaws.com", None, says);
}

#[test]
fn a_token_that_is_not_accepted_is_told_why() {
    let aws = Aws::start(Job::default());
    let says = "does not accept the token's audience `example.com`";
    refused(&aws, "example.com", None, says);
    let job = Job {
        seconds: -60,
        ..Job::default()
    };
    let says = "the job's token has expired";
    refused(&Aws::start(job), "sts.amazonaws.com", None, says);
}

#[test]
fn a_session_policy_that_is_not_one_is_told_so() {
    let aws = Aws::start(Job::default());
    let says = "the session policy is refused";
    refused(&aws, "sts.amazonaws.com", Some("{}"), says);
}

#[test]
fn a_service_that_does_not_answer_is_told_apart_from_one_that_is_busy() {
    let aws = Aws::start(Job::default());
    aws.busy(100);
    refused(&aws, "sts.amazonaws.com", None, "asked too often");
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", closed.local_addr().unwrap());
    drop(closed);
    let site = site(&aws, "sts.amazonaws.com", None);
    let unreachable = site.variable("AWS_ENDPOINT_URL_STS", &address);
    check_refused(&unreachable, "STS does not answer");
    let nobody = unreachable.variable("ACTIONS_ID_TOKEN_REQUEST_URL", "");
    check_refused(&nobody, "id-token: write");
}

/// Whoever could read the environment of the process could be the job.
#[test]
fn the_jobs_identity_is_not_in_the_environment_of_the_process() {
    let aws = Aws::start(Job::default());
    let mut site = factory("site-demo", "stacks/site").build();
    for (name, value) in aws.variables() {
        site = site.variable(name, &value);
    }
    let mut child = site
        .command(&["preview"])
        .stdin(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let environment = format!("/proc/{}/environ", child.id());
    let environment = loop {
        let text = std::fs::read(&environment).unwrap();
        let text = String::from_utf8_lossy(&text).into_owned();
        if text.contains("LIGHTSOUT_IDENTITY_FD=") {
            break text;
        }
        assert_eq!(child.try_wait().unwrap(), None, "it ended before");
    };
    assert!(
        !environment.contains("runner-bearer-canary"),
        "{environment}"
    );
    assert!(!environment.contains("ACTIONS_ID_TOKEN"), "{environment}");
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn the_trust_policies_name_the_repository_the_environment_and_the_workflow() {
    let aws = Aws::start(Job::default());
    let site = site(&aws, "sts.amazonaws.com", None);
    let unknown = site
        .lightsout(&["trust-policy", "--stack", "who-demo"])
        .expect(2);
    assert!(unknown.stderr.contains("--github"), "{}", unknown.stderr);
    let given = [
        "trust-policy",
        "--stack",
        "who-demo",
        "--github",
        "org/infra",
        "--repository-id",
        "123456789",
        "--owner-id",
        "42",
    ];
    let policies = site.lightsout(&given).expect(0).json();
    assert_eq!(policies.as_array().unwrap().len(), 3);
    let apply = &policies[2];
    assert_eq!(
        apply["role"],
        "arn:aws:iam::123456789012:role/lightsout-apply"
    );
    insta::assert_snapshot!(serde_json::to_string_pretty(&apply["trust_policy"]).unwrap());
    let preview = &policies[0]["permissions_example"]["Statement"][0];
    assert_eq!(
        preview["Action"],
        serde_json::json!(["s3:Describe*", "s3:Get*", "s3:List*"])
    );
}
