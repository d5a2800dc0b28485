//! Real agents in the builder sandbox, behind the broker, before a model that follows a script.

mod budget;
mod faults;

use std::path::Path;
use std::sync::Arc;

use lightsout::app::doctor::{Heard, Script, Turn};
use lightsout::config::Api;

use crate::support::factory::{Factory, Ran, Site, factory, tools};
use crate::support::model::Model;

/// The model's key; nothing but the model's side may ever see it.
pub(crate) const CANARY: &str = "sk-canary-4f1d0c77e1a94b0f";

/// Writes the key outside of the repository.
pub(crate) fn key() -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), CANARY).unwrap();
    file
}

/// A line of configuration for an agent.
pub(crate) fn agent(kind: &str, api: Api, model: &Model, key: &Path, more: &str) -> String {
    format!(
        "agent: {{ kind: {kind}, minutes: 2, model: {{ name: gpt-5.5, url: '{}', key: {{ file: {} }}, \
         price: {{ input: 1.25, cached_input: 0.125, output: 10 }}, silence_seconds: 5 }}, {more} }}",
        model.url(api),
        key.display()
    )
}

/// What an agent does that has read the work order: a change that a policy forbids, a check, the change as it should be, a check, the end.
pub(crate) fn mender() -> Script {
    const BROKEN: &str = "cp Pulumi.yaml /tmp/base.yaml && sed -i 's/days: ${logRetentionDays}/days: 180/; s/blockPublicAcls: true/blockPublicAcls: false/' Pulumi.yaml && echo broken";
    const MENDED: &str =
        "sed 's/days: ${logRetentionDays}/days: 180/' /tmp/base.yaml > Pulumi.yaml && echo mended";
    Arc::new(|heard: &Heard| match heard.results.last() {
        None => Turn::Run(BROKEN.to_owned()),
        Some(result) if result.contains("The policies stop it") => Turn::Run(MENDED.to_owned()),
        Some(result) if result.contains("find nothing that stops it") => {
            Turn::Say("The log is kept for 180 days.".to_owned())
        }
        Some(result) if result.contains("broken") || result.contains("mended") => Turn::Check,
        Some(result) => Turn::Say(format!("I cannot do it: {result}")),
    })
}

/// A stack of this repository with an agent.
pub(crate) fn stack(line: &str) -> Factory {
    tools();
    factory("site-demo", "stacks/site").line(line)
}

/// The evidence of one kind in the ledger, in its order.
pub(crate) fn evidence(site: &Site, kind: &str) -> Vec<serde_json::Value> {
    let entries = std::fs::read_to_string(site.top.join(".lightsout/ledger/entries")).unwrap();
    entries
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .filter(|entry| entry["kind"] == kind)
        .map(|entry| {
            let hash = entry["body"].as_str().unwrap();
            body(&site.top.join(".lightsout/ledger"), hash)
        })
        .collect()
}

fn body(ledger: &Path, hash: &str) -> serde_json::Value {
    let mut folders = vec![ledger.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.to_string_lossy().replace('/', "").contains(hash) {
                return serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
            }
        }
    }
    panic!("no object `{hash}`");
}

/// A work order, a finding, a change that is mended, gates, an apply: one run.
fn mends_and_is_applied(kind: &str, api: Api) {
    let model = Model::good(mender());
    let key = key();
    let line = agent(kind, api, &model, key.path(), "record: transcripts");
    let site = stack(&line).build();
    let ran = site.run().expect(0);
    let report = ran.json();
    assert_eq!(report["outcome"], "applied", "{}", ran.stdout);
    let lifecycle = site
        .resources()
        .into_iter()
        .find(|it| it["type"] == "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration")
        .unwrap();
    assert_eq!(lifecycle["inputs"]["rules"][0]["expiration"]["days"], 180);
    let verdicts: Vec<_> = evidence(&site, "check")
        .into_iter()
        .map(|check| check["verdict"].clone())
        .collect();
    assert_eq!(verdicts, ["findings", "clean"]);
    let agent = &evidence(&site, "agent-report")[0];
    assert_eq!(agent["outcome"]["outcome"], "changed", "{agent}");
    assert_eq!(agent["kind"], kind);
    assert_eq!(agent["is_seen"], true);
    assert_eq!(agent["unknown_events"], 0, "{agent}");
    assert!(agent["model"]["spent"]["tokens"].as_u64().unwrap() > 1_000);
    assert!(agent["model"]["spent"]["nano_usd"].as_u64().unwrap() > 1_000_000);
    assert_eq!(agent["model"]["estimated"], 0, "{agent}");
    site.lightsout(&["verify"]).expect(0);
    assert!(
        model.bodies()[0].contains("Do what the tests ask for."),
        "the work order reached the model"
    );
    unseen(&site, &ran, &model);
}

/// The key is where it belongs, and nowhere else.
pub(crate) fn unseen(site: &Site, ran: &Ran, model: &Model) {
    site.holds_no(CANARY);
    for text in model.bodies().iter().chain([&ran.stdout, &ran.stderr]) {
        assert!(!text.contains(CANARY), "{text}");
    }
    assert!(model.heads().iter().all(|head| head.contains(CANARY)));
}

#[test]
fn codex_checks_its_work_mends_it_and_is_applied() {
    mends_and_is_applied("codex", Api::Responses);
}

#[test]
fn the_readmes_recorded_run_is_what_codex_does() {
    let model = Model::good(mender());
    let key = key();
    let line = agent("codex", Api::Responses, &model, key.path(), "checks: 20");
    let site = stack(&line).build();
    let ran = site.lightsout(&["run", "--stack", "site-demo", "--spec", "order.md"]);
    let blocks = crate::readme::blocks("text");
    let [recorded] = blocks.as_slice() else {
        panic!("one recorded run");
    };
    snapbox::assert_data_eq!(ran.expect(0).stdout, recorded.clone());
}

#[test]
fn opencode_checks_its_work_mends_it_and_is_applied() {
    mends_and_is_applied("opencode", Api::Chat);
}

/// opencode once more, as any agent that speaks the protocol: its own configuration leads it to the broker.
#[test]
fn an_agent_of_the_protocol_checks_its_work_mends_it_and_is_applied() {
    let model = Model::good(mender());
    let key = key();
    tools();
    let program = install("opencode");
    let configuration = serde_json::json!({
        "autoupdate": false, "permission": "allow", "model": "broker/gpt-5.5", "small_model": "broker/gpt-5.5",
        "enabled_providers": ["broker"],
        "provider": {"broker": {"npm": "@ai-sdk/openai-compatible", "name": "broker",
            "options": {"baseURL": "{model}/v1", "apiKey": "none"}, "models": {"gpt-5.5": {"name": "gpt-5.5"}}}},
    });
    let folder = program.parent().unwrap();
    let line = format!(
        "agent: {{ kind: acp, command: [{}, acp], minutes: 2, toolchains: [{{ path: {}, sha256: {} }}], \
         environment: {{ OPENCODE_CONFIG_CONTENT: '{configuration}', OPENCODE_DISABLE_AUTOUPDATE: '1', OPENCODE_DISABLE_MODELS_FETCH: '1' }}, \
         model: {{ name: gpt-5.5, api: chat, url: '{}', key: {{ file: {} }} }} }}",
        program.display(),
        folder.display(),
        hash(folder),
        model.url(Api::Chat),
        key.path().display()
    );
    let site = stack(&line).build();
    let ran = site.run().expect(0);
    assert_eq!(ran.json()["outcome"], "applied", "{}", ran.stdout);
    let report = &evidence(&site, "agent-report")[0];
    assert_eq!(report["outcome"]["outcome"], "changed", "{report}");
    assert_eq!(evidence(&site, "check").len(), 2, "{report}");
    unseen(&site, &ran, &model);
}

/// Installs an agent of the lock; its program.
fn install(name: &str) -> std::path::PathBuf {
    tools();
    let site = factory("site-demo", "stacks/site").agent("true").build();
    site.lightsout(&["tools", "install", name]).expect(0);
    let tools = crate::support::home().join("tools");
    let folder = std::fs::read_dir(tools)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| {
            path.file_name()
                .unwrap()
                .to_string_lossy()
                .starts_with(name)
        })
        .unwrap();
    // A toolchain lies outside of what the wall hides.
    let copy = crate::support::target().join("toolchains").join(name);
    std::fs::create_dir_all(&copy).unwrap();
    let copy = copy.canonicalize().unwrap().join(name);
    if !copy.exists() {
        std::fs::copy(folder.join(name), &copy).unwrap();
    }
    copy
}

/// The hash of a folder, as the command prints it.
fn hash(folder: &Path) -> String {
    let site = factory("site-demo", "stacks/site").agent("true").build();
    let ran = site
        .lightsout(&["agent", "hash", folder.to_str().unwrap()])
        .expect(0);
    ran.stdout.trim().to_owned()
}

#[test]
fn gemini_checks_its_work_mends_it_and_is_applied() {
    mends_and_is_applied("gemini", Api::Gemini);
}

#[test]
fn claude_checks_its_work_mends_it_and_is_applied() {
    if !has("claude") {
        skipped("claude is not installed; its licence leaves that to the user");
        return;
    }
    mends_and_is_applied("claude", Api::Messages);
}

/// Whether the search path has a program.
pub(crate) fn has(name: &str) -> bool {
    let path = crate::support::machine().path;
    std::env::split_paths(&path).any(|folder| folder.join(name).exists())
}

pub(crate) fn skipped(why: &str) {
    use std::io::Write as _;
    let line = format!("skipped: {why}\n");
    std::io::stderr().write_all(line.as_bytes()).unwrap();
}

#[test]
fn the_agents_own_dump_of_everything_holds_no_key() {
    const DUMP: &str = "env; for f in /proc/[0-9]*/environ /proc/[0-9]*/cmdline /proc/[0-9]*/maps; do cat $f; done 2>/dev/null | tr '\\0' ' '; \
        find / \\( -path /proc -o -path /usr -o -path /dev \\) -prune -o -type f -size -2000k -print 2>/dev/null | xargs -r cat 2>/dev/null | base64 -w 4000 | tail -c 3000000 > all; \
        ls -lR /lightsout /agent 2>/dev/null; echo dumped";
    let script: Script = Arc::new(|heard: &Heard| match heard.results.len() {
        0 => Turn::Run(DUMP.to_owned()),
        _ => Turn::Say("done".to_owned()),
    });
    let model = Model::good(script);
    let key = key();
    let line = agent(
        "codex",
        Api::Responses,
        &model,
        key.path(),
        "record: transcripts",
    );
    let site = stack(&line).build();
    // The dump is a file beside the program, which may stay: it changes nothing that is previewed.
    let ran = site.run();
    let all = model.bodies().concat();
    assert!(all.contains("dumped"), "{}\n{}", ran.stdout, ran.stderr);
    assert!(!all.contains("4f1d0c77e1a94b0f"), "{all}");
    let tree = site.top.join(".lightsout/runs");
    let dump = find(&tree, "all").expect("the dump was proposed");
    let dump = std::fs::read_to_string(dump).unwrap();
    let bytes = base64(&dump);
    assert!(bytes.len() > 10_000, "the dump has something in it");
    let found = bytes
        .windows(CANARY.len())
        .any(|window| window == CANARY.as_bytes());
    assert!(!found, "the key is in the sandbox");
    unseen(&site, &ran, &model);
}

fn find(folder: &Path, name: &str) -> Option<std::path::PathBuf> {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.file_name().unwrap() == name {
            return Some(path);
        }
        if path.is_dir()
            && let Some(found) = find(&path, name)
        {
            return Some(found);
        }
    }
    None
}

fn base64(text: &str) -> Vec<u8> {
    use ::base64::Engine as _;
    let lines = text.lines().filter(|line| line.len() % 4 == 0);
    lines
        .flat_map(|line| {
            ::base64::engine::general_purpose::STANDARD
                .decode(line)
                .unwrap_or_else(|_| Vec::new())
        })
        .collect()
}

/// What an agent tried and may not is in the evidence; one that tried nothing has nothing there.
#[test]
fn what_an_agent_was_refused_is_in_its_report() {
    tools();
    let denials = |script: &str| {
        let site = factory("site-demo", "stacks/site").agent(script).build();
        site.run().expect(0);
        evidence(&site, "agent-report")[0]["denials"].clone()
    };
    let leave = "unshare -U true 2>/dev/null || true\n\
                 bash -c ': </dev/tcp/203.0.113.7/443' 2>/dev/null || true";
    let tried = denials(leave);
    assert_eq!(tried["unshare"], 1, "{tried}");
    assert_eq!(tried["connect 203.0.113.7:443"], 1, "{tried}");
    let stay = "echo note >/tmp/note; cat /tmp/note >/dev/null; unshare -h >/dev/null";
    assert_eq!(denials(stay), serde_json::json!({}));
}
