//! What a model's API does wrong, and how each agent's attempt ends then: by name, in time, with nothing applied.

use std::sync::Arc;
use std::time::Instant;

use lightsout::app::doctor::{Heard, Script, Turn};
use lightsout::config::Api;

use super::{CANARY, agent, evidence, has, key, mender, skipped, stack};
use crate::support::model::{Model, Plan, Reply};

/// One way to misbehave.
struct Row {
    name: &'static str,
    plan: Plan,
    /// The outcome, and the exit code.
    ends: (&'static str, i32),
}

fn always(reply: Reply) -> Plan {
    Arc::new(move |_| reply.clone())
}

fn rows() -> Vec<Row> {
    let row = |name, reply, outcome, code| Row {
        name,
        plan: always(reply),
        ends: (outcome, code),
    };
    vec![
        row("400", Reply::Status(400, ""), "gave-up", 1),
        row("401", Reply::Status(401, ""), "model-refused", 1),
        row("402", Reply::Status(402, ""), "model-refused", 1),
        row("403", Reply::Status(403, ""), "model-refused", 1),
        row("429", Reply::Status(429, ""), "gave-up", 1),
        row(
            "429 with a time",
            Reply::Status(429, "retry-after: 1\r\n"),
            "gave-up",
            1,
        ),
        row("500", Reply::Status(500, ""), "gave-up", 1),
        row(
            "redirect",
            Reply::Status(307, "location: http://127.0.0.1:1/\r\n"),
            "gave-up",
            1,
        ),
        row("cut", Reply::Cut, "gave-up", 1),
        row("stall", Reply::Stall, "gave-up", 1),
        row("key", Reply::Echo, "model-failed", 1),
        row("endless", Reply::Endless, "budget-spent", 13),
    ]
}

fn idle() -> Script {
    Arc::new(|_: &Heard| Turn::Say("done".to_owned()))
}

/// Every row, two at a time.
fn all_rows(kind: &'static str, api: Api) {
    let rows = Arc::new(std::sync::Mutex::new(rows()));
    let workers: Vec<_> = (0..2)
        .map(|_| {
            let rows = Arc::clone(&rows);
            std::thread::spawn(move || {
                loop {
                    let Some(row) = rows.lock().unwrap().pop() else {
                        return;
                    };
                    one_row(kind, api, &row);
                }
            })
        })
        .collect();
    for worker in workers {
        worker.join().unwrap();
    }
}

fn one_row(kind: &str, api: Api, row: &Row) {
    let model = Model::start(idle(), Arc::clone(&row.plan));
    let key = key();
    let more = "budget: { bytes: 20000000 }";
    let site = stack(&agent(kind, api, &model, key.path(), more)).build();
    let started = Instant::now();
    let ran = site.run();
    let took = started.elapsed();
    let context = format!("{kind}, {}: {}\n{}", row.name, ran.stdout, ran.stderr);
    assert!(took.as_secs() < 115, "{took:?}: {context}");
    let report = &evidence(&site, "agent-report")[0];
    let outcome = report["outcome"]["outcome"].as_str().unwrap();
    let (expected, code) = row.ends;
    // An agent that asks again and again meets a broker that has had enough.
    let is_expected = outcome == expected || (expected == "gave-up" && outcome == "model-failed");
    assert!(is_expected, "{report}\n{context}");
    assert_eq!(ran.code, code, "{context}");
    assert!(site.resources().is_empty(), "{context}");
    site.holds_no(CANARY);
    assert!(!context.contains(CANARY), "{context}");
}

#[test]
fn codex_ends() {
    all_rows("codex", Api::Responses);
}

#[test]
fn opencode_ends() {
    all_rows("opencode", Api::Chat);
}

#[test]
fn claude_ends() {
    if !has("claude") {
        skipped("claude is not installed; its licence leaves that to the user");
        return;
    }
    all_rows("claude", Api::Messages);
}

#[test]
fn an_api_that_is_not_there_ends_it_and_one_that_comes_back_does_not() {
    let key = key();
    let model = Model::good(idle());
    let gone = agent("codex", Api::Responses, &model, key.path(), "checks: 0")
        .replace(&model.url(Api::Responses), "http://127.0.0.1:1/v1");
    let site = stack(&gone).build();
    let ran = site.run().expect(1);
    assert!(ran.stderr.contains("the model's API"), "{}", ran.stderr);
    // Two failures of each kind, and then it works.
    for reply in [
        Reply::Status(429, "retry-after: 1\r\n"),
        Reply::Status(500, ""),
        Reply::Cut,
    ] {
        let plan: Plan = Arc::new(move |number| match number {
            0 | 1 => reply.clone(),
            _ => Reply::Good,
        });
        let model = Model::start(mender(), plan);
        let line = agent("codex", Api::Responses, &model, key.path(), "checks: 5");
        stack(&line).build().run().expect(0);
    }
}
