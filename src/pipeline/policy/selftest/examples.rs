//! Every example before our host: the rule says of it what its file says.

use std::collections::{BTreeMap, BTreeSet};

use super::super::example::{Example, Kind};
use super::super::pack::Pack;
use super::super::report::RuleResult;
use super::super::rule::{Rule, Unknown};
use super::{Problem, TestReport};
use crate::names::RuleId;

const TEST: &str = "example";

/// What a rule may say of an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Said {
    Nothing,
    Finding,
    Undetermined,
    Both,
}

impl Said {
    const fn of(result: &RuleResult) -> Self {
        match (result.findings.is_empty(), result.undetermined.is_empty()) {
            (true, true) => Self::Nothing,
            (false, true) => Self::Finding,
            (true, false) => Self::Undetermined,
            (false, false) => Self::Both,
        }
    }

    const fn words(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Finding => "a finding",
            Self::Undetermined => "undetermined",
            Self::Both => "a finding and undetermined",
        }
    }
}

fn expected(rule: &Rule, example: &Example) -> Said {
    match (example.kind, rule.unknown) {
        (Kind::Allow, _) => Said::Nothing,
        (Kind::Deny, _) => Said::Finding,
        (Kind::Unknown, _) if example.is_decided() => Said::Nothing,
        // Such a rule demands a value that is known.
        (Kind::Unknown, Unknown::Deny) => Said::Finding,
        (Kind::Unknown, Unknown::Undetermined | Unknown::Irrelevant) => Said::Undetermined,
    }
}

/// Judges the examples, each by all rules of the pack.
pub(super) async fn check(pack: &Pack, examples: &[Example], report: &mut TestReport) {
    let problems = &mut report.problems;
    let rules: BTreeMap<&RuleId, &Rule> = pack.rules.iter().map(|rule| (&rule.id, rule)).collect();
    let mut undecided: BTreeSet<&RuleId> = BTreeSet::new();
    for example in examples {
        // Whoever waits for an interruption gets a turn.
        tokio::task::yield_now().await;
        let Some(rule) = rules.get(&example.rule) else {
            continue;
        };
        if example.kind == Kind::Unknown && !example.is_decided() {
            undecided.insert(&rule.id);
        }
        match judge(pack, rule, example) {
            Ok(result) => {
                if result.evaluated == 0 {
                    report.unseen.push(example.to_string());
                }
                problems.extend(difference(rule, example, &result));
            }
            Err(why) => problems.push(Problem::new(TEST, example, why)),
        }
    }
    for (id, rule) in rules {
        let has = |kind| examples.iter().any(|it| it.rule == *id && it.kind == kind);
        if has(Kind::Unknown) && !undecided.contains(id) && rule.unknown != Unknown::Irrelevant {
            let what = "every example in `unknown.json` is decided: show one that is not";
            problems.push(Problem::new(TEST, id, what));
        }
    }
}

fn judge(pack: &Pack, rule: &Rule, example: &Example) -> Result<RuleResult, String> {
    let request = example.request().map_err(|error| error.to_string())?;
    let packs = std::slice::from_ref(pack);
    let report =
        super::super::evaluate(&request, packs).map_err(|error| error.placed(packs).to_string())?;
    let result = report.rules.into_iter().find(|it| it.rule == rule.id);
    result.ok_or_else(|| "the report lacks the rule".to_owned())
}

fn difference(rule: &Rule, example: &Example, result: &RuleResult) -> Option<Problem> {
    let (expect, got) = (expected(rule, example), Said::of(result));
    if example.kind == Kind::Unknown && !example.has_unknown() {
        let what = "nothing in it is unknown: list it in `unknown_paths`";
        return Some(Problem::new(TEST, example, what));
    }
    if expect == got {
        return None;
    }
    let findings = result.findings.iter().map(|it| it.message.clone());
    let places = result.undetermined.iter().flat_map(|it| {
        let path = |path: &super::super::PropertyPath| format!("`{path}` is not known");
        it.paths.iter().map(path).collect::<Vec<_>>()
    });
    let seen: Vec<String> = findings.chain(places).take(3).collect();
    let seen = if seen.is_empty() && result.evaluated == 0 {
        ": the rule does not look at such a resource".to_owned()
    } else if seen.is_empty() {
        String::new()
    } else {
        format!(": {}", seen.join("; "))
    };
    let what = format!("expected {}, got {}{seen}", expect.words(), got.words());
    Some(Problem::new(TEST, example, what))
}
