//! Budgets: what each agent does when its money, its tokens or its requests are used up.

use std::sync::Arc;

use lightsout::app::doctor::{Heard, Script, Turn};
use lightsout::config::Api;

use super::{agent, evidence, has, key, skipped, stack, unseen};
use crate::support::model::{Model, Reply};

/// A model that never comes to an end.
fn endless() -> Script {
    Arc::new(|heard: &Heard| Turn::Run(format!("echo step {}", heard.results.len())))
}

/// An agent with a limit of requests ends within one request of it, by itself or by us, and the run says the figures.
fn stops(kind: &str, api: Api) {
    let model = Model::good(endless());
    let key = key();
    let line = agent(kind, api, &model, key.path(), "budget: { requests: 3 }");
    let site = stack(&line).build();
    let ran = site.run().expect(13);
    assert!(
        ran.stderr.contains("budget of 3 requests") && ran.stderr.contains("3 are used up"),
        "{}",
        ran.stderr
    );
    assert_eq!(model.requests(), 3);
    let report = &evidence(&site, "agent-report")[0];
    assert_eq!(report["outcome"]["outcome"], "budget-spent", "{report}");
    assert_eq!(report["model"]["spent"]["requests"], 3);
    assert!(site.resources().is_empty());
    site.lightsout(&["verify"]).expect(0);
    unseen(&site, &ran, &model);
}

#[test]
fn codex_stops() {
    stops("codex", Api::Responses);
}

#[test]
fn opencode_stops() {
    stops("opencode", Api::Chat);
}

#[test]
fn gemini_stops() {
    stops("gemini", Api::Gemini);
}

#[test]
fn claude_stops() {
    if !has("claude") {
        skipped("claude is not installed; its licence leaves that to the user");
        return;
    }
    stops("claude", Api::Messages);
}

#[test]
fn money_and_tokens_stop_it_within_one_request_of_the_limit() {
    for (budget, figure) in [
        ("budget: { usd: 0.5 }", "`usd`"),
        ("budget: { tokens: 100000 }", "`tokens`"),
    ] {
        let model = Model::good(endless());
        let key = key();
        let line = agent("codex", Api::Responses, &model, key.path(), budget);
        let site = stack(&line).build();
        let ran = site.run().expect(13);
        assert!(ran.stderr.contains(figure), "{}", ran.stderr);
        let report = &evidence(&site, "agent-report")[0];
        let exceeded = &report["model"]["closed"]["exceeded"];
        let number = |name: &str| exceeded[name].as_u64().unwrap();
        assert!(number("spent") <= number("limit"), "{exceeded}");
        assert!(
            number("spent") + number("next") > number("limit"),
            "{exceeded}"
        );
        assert!(model.requests() >= 1, "{exceeded}");
    }
}

#[test]
fn the_runs_budget_spans_its_attempts() {
    // Each attempt makes a change that a policy refuses, with one request to do it and one to say so.
    let script: Script = Arc::new(|heard: &Heard| match heard.results.len() {
        0 => Turn::Run(
            "sed -i 's/blockPublicAcls: true/blockPublicAcls: false/' Pulumi.yaml".to_owned(),
        ),
        _ => Turn::Say("done".to_owned()),
    });
    let model = Model::good(script);
    let key = key();
    let line = agent("codex", Api::Responses, &model, key.path(), "checks: 0");
    let site = stack(&line);
    let site = site
        .budget("{ attempts: 3, minutes: 5, model: { requests: 3 } }")
        .build();
    let ran = site.run().expect(13);
    assert!(
        ran.stderr.contains("the run's budget of 3 requests"),
        "{}",
        ran.stderr
    );
    assert_eq!(model.requests(), 3);
    assert_eq!(evidence(&site, "agent-report").len(), 2);
    let second = model.bodies().pop().unwrap();
    assert!(second.contains("YOUR LAST CHANGE WAS REFUSED"), "{second}");
}

#[test]
fn an_answer_that_lies_about_its_usage_costs_what_was_reserved() {
    for lie in ["0", "18446744073709551615", "-5"] {
        let model = Model::start(endless(), Arc::new(move |_| Reply::Lie(lie)));
        let key = key();
        let line = agent(
            "codex",
            Api::Responses,
            &model,
            key.path(),
            "budget: { tokens: 200000 }",
        );
        let site = stack(&line).build();
        site.run().expect(13);
        let report = &evidence(&site, "agent-report")[0];
        assert_eq!(
            report["outcome"]["outcome"], "budget-spent",
            "{lie}: {report}"
        );
    }
}
