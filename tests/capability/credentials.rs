//! Short-lived credentials: the job's identity, exchanged for one role a stage, and seen by the provider alone.

mod aws;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::support::factory::{Ran, Site, factory, ran, tools};
use crate::support::moto::Moto;
use crate::support::provider::file_provider;
use aws::{Aws, ENVIRONMENT, Job, WORKFLOW};

const PROJECT: &str = "name: who\nruntime: yaml\ndescription: before\nresources:\n  who:\n    type: local:index:Caller\noutputs:\n  arn: ${who.arn}\n";
const FEATURE: &str = "Feature: who\n  Scenario: one caller\n    Given the stack is deployed\n    Then there is exactly 1 resource of type \"local:index:Caller\"\n";
const AGENT: &str = "sed -i 's/  arn: /  caller: /' Pulumi.yaml";

/// A stack on a real provider that asks STS who it is, in a job of this kind.
fn site(aws: &Aws, audience: &str, session_policy: Option<&str>) -> Site {
    let cut = session_policy.map(|policy| ("preview", policy));
    let mut site = build(PROJECT, audience, cut);
    for (name, value) in aws.variables() {
        site = site.variable(name, &value);
        if name == "AWS_ENDPOINT_URL_STS" {
            site = site.variable("TRIAL_STS", &value);
        }
    }
    site
}

/// Such a stack in no job; a session policy for the role of one stage.
fn build(project: &str, audience: &str, session_policy: Option<(&str, &str)>) -> Site {
    build_with(AGENT, project, audience, session_policy)
}

fn build_with(
    agent: &str,
    project: &str,
    audience: &str,
    session_policy: Option<(&str, &str)>,
) -> Site {
    tools();
    let provider = tokio::runtime::Runtime::new()
        .unwrap()
        .block_on(file_provider());
    let role = |name: &str| {
        let cut = match session_policy {
            Some((stage, _)) if stage == name => ", session_policy: iam/cut.json",
            Some(_) | None => "",
        };
        format!(
            "{{ arn: 'arn:aws:iam::123456789012:role/lightsout-{name}', environment: {ENVIRONMENT}, workflow: '{WORKFLOW}'{cut} }}"
        )
    };
    let credentials = format!(
        "credentials: {{ aws: {{ region: eu-central-1, audience: {audience}, preview: {}, validate: {}, apply: {} }} }}",
        role("preview"),
        role("validate"),
        role("apply")
    );
    // No other test has had this pack compiled.
    let unique = tempfile::NamedTempFile::new().unwrap();
    let pack = include_str!("../../policy-packs/aws-baseline/pack.yaml");
    let pack = format!("{pack}# {}\n", unique.path().display());
    let stack = || {
        factory("who-demo", "stacks/who")
            .packages("{ local: { provider: plugin, version: 0.1.0, environment: [AWS_ENDPOINT_URL_STS], credentials: aws } }")
            .line("trial: { providers: real, environment: { AWS_ENDPOINT_URL_STS: TRIAL_STS } }")
            .line(&credentials)
            .file("stacks/who/Pulumi.yaml", project)
            .file("holdouts/who-demo/who.feature", FEATURE)
            .file("iam/cut.json", session_policy.map_or("{}", |it| it.1))
            .file("policy-packs/aws-baseline/pack.yaml", &pack)
            .agent(agent)
    };
    let first = stack().build();
    let file = ["--file", provider.to_str().unwrap()];
    first
        .lightsout(&[&["tools", "add", "provider", "local@0.1.0"], &file[..]].concat())
        .expect(0);
    let lock = std::fs::read_to_string(first.top.join("tools.lock")).unwrap();
    stack().file("tools.lock", &lock).build()
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
    let mut site = factory("site-demo", "stacks/site")
        .build()
        .variable("GITHUB_TOKEN", "github-canary");
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
    assert!(!environment.contains("github-canary"), "{environment}");
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

/// What a role may do and its session may not is refused where it is tried, and the provider's words say by what.
#[test]
fn a_session_policy_cuts_what_its_session_may_do() {
    let project = PROJECT.replace(
        "type: local:index:Caller\n",
        "type: local:index:Caller\n    properties: { assume: 'arn:aws:iam::123456789012:role/other' }\n",
    );
    let policy = |action: &str| {
        format!(
            "{{\"Version\":\"2012-10-17\",\"Statement\":[{{\"Effect\":\"Allow\",\"Action\":\"{action}\",\"Resource\":\"*\"}}]}}"
        )
    };
    for (action, code) in [("s3:*", 20), ("sts:AssumeRole", 0)] {
        let aws = Aws::start(Job::default());
        let mut site = build(
            &project,
            "sts.amazonaws.com",
            Some(("apply", &policy(action))),
        );
        for (name, value) in aws.variables() {
            site = site.variable(name, &value);
            if name == "AWS_ENDPOINT_URL_STS" {
                site = site.variable("TRIAL_STS", &value);
            }
        }
        let report = site.run().expect(code).json();
        if code != 0 {
            let errors = report["receipt"]["errors"].to_string();
            assert!(errors.contains("no session policy allows"), "{errors}");
        }
    }
}

/// STS as somebody else wrote it, with signatures checked: the provider is the role of its stage, and no other process has anything of it.
#[test]
fn with_moto_the_provider_alone_is_the_role_of_its_stage() {
    let (aws, moto) = (Aws::start(Job::default()), Moto::with_auth(0));
    // The agent tells what it has.
    let look = format!("env; cat /proc/[0-9]*/environ | tr '\\0' '\\n'; {AGENT}");
    let site = build_with(&look, PROJECT, "sts.amazonaws.com", None);
    let [(url, url_value), (token, token_value), _] = aws.variables();
    let site = site
        .variable(url, &url_value)
        .variable(token, &token_value)
        .variable("AWS_ENDPOINT_URL_STS", &moto.url())
        .variable("TRIAL_STS", &moto.url());
    let (ran, seen) = watched(&site);
    let report = ran.expect(0).json();
    assert_eq!(report["outcome"], "applied");
    let run = report["run"].as_str().unwrap();
    let resources = site.resources();
    let caller = resources
        .iter()
        .find(|it| it["type"] == "local:index:Caller");
    let arn = caller.unwrap()["outputs"]["arn"].as_str().unwrap();
    assert!(
        arn.starts_with("arn:aws:sts::123456789012:assumed-role/lightsout-apply/lo."),
        "{arn}"
    );
    assert!(arn.ends_with(&format!("{run}.apply")), "{arn}");
    let agent = site.top.join(format!(".lightsout/runs/{run}/agent-1.txt"));
    let agent = std::fs::read_to_string(agent).unwrap();
    assert!(agent.contains("PATH="), "it did look: {agent}");
    assert!(!holds_credential(&agent), "{agent}");
    // Every other kind of process was looked at: engine, policy compiler, program.
    for name in ["pulumi", "opa", "pulumi-language-yaml"] {
        let environments = seen.iter().filter(|((known, _), _)| known == name);
        let environments: Vec<&String> = environments.map(|(_, text)| text).collect();
        assert!(
            !environments.is_empty(),
            "`{name}` was not seen: {:?}",
            seen.keys()
        );
        for text in environments {
            assert!(!holds_credential(text), "{name}: {text}");
        }
    }
    let has = seen.iter().filter(|(_, text)| holds_credential(text));
    let has: Vec<&String> = has.map(|((name, _), _)| name).collect();
    assert!(!has.is_empty());
    assert!(
        has.iter().all(|name| name.starts_with("pulumi-resource")),
        "{has:?}"
    );
    site.holds_no(&token_value);
}

/// Runs the stack, and looks at the environment of every process that comes of it: by the process's name and number.
fn watched(site: &Site) -> (Ran, BTreeMap<(String, u32), String>) {
    use std::process::Stdio;
    let arguments = [
        "--format", "json", "run", "--stack", "who-demo", "--spec", "order.md",
    ];
    let child = site
        .command(&arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let first = child.id();
    let is_over = AtomicBool::new(false);
    let mut seen = BTreeMap::new();
    let ran = std::thread::scope(|scope| {
        let run = scope.spawn(|| {
            let output = child.wait_with_output().unwrap();
            is_over.store(true, Ordering::SeqCst);
            ran(output)
        });
        while !is_over.load(Ordering::SeqCst) {
            look(first, &mut seen);
        }
        run.join().unwrap()
    });
    (ran, seen)
}

/// Adds what the environments of all descendants of a process hold now. Only their own files are read: a look must be short.
fn look(first: u32, seen: &mut BTreeMap<(String, u32), String>) {
    let mut next = vec![first];
    while let Some(parent) = next.pop() {
        // Who ended meanwhile is not looked at.
        let Ok(tasks) = std::fs::read_dir(format!("/proc/{parent}/task")) else {
            continue;
        };
        for task in tasks.flatten() {
            let Ok(children) = std::fs::read_to_string(task.path().join("children")) else {
                continue;
            };
            for pid in children.split_whitespace().map(|pid| pid.parse().unwrap()) {
                next.push(pid);
                let exe = || std::fs::read_link(format!("/proc/{pid}/exe"));
                let before = exe();
                let bytes = std::fs::read(format!("/proc/{pid}/environ"));
                // A process that became another program meanwhile is looked at again.
                let (Ok(before), Ok(bytes), Ok(after)) = (before, bytes, exe()) else {
                    continue;
                };
                let Some(name) = before.file_name().filter(|_| before == after) else {
                    continue;
                };
                let name = name.to_string_lossy().into_owned();
                let text = String::from_utf8_lossy(&bytes).replace('\0', "\n");
                let known = seen.entry((name, pid)).or_default();
                if !known.contains(&text) {
                    known.push_str(&text);
                }
            }
        }
    }
}

/// Whether a text holds the name of a variable with credentials, or the runner's token.
fn holds_credential(text: &str) -> bool {
    let names = [
        "AWS_ACCESS_KEY",
        "AWS_SECRET",
        "AWS_SESSION",
        "AWS_CONTAINER",
        "ACTIONS_ID_TOKEN",
        "runner-bearer",
    ];
    names.iter().any(|name| text.contains(name))
}
