//! The gate's whole truth table: every combination of what it looks at, one line each.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Value, json};

use super::*;
use crate::ledger::{Actor, Key, Ledger, PersonName};
use crate::perimeter::import::RelPath;
use crate::pipeline::order::{Basis, Origin, WorkOrder};

const POLICIES: [&str; 5] = ["clean", "waived", "undetermined", "denied", "hollow"];
const HOLDOUTS: [&str; 4] = ["passed", "failed", "not-removed", "none"];
const LEVELS: [Autonomy; 3] = [Autonomy::Review, Autonomy::Balanced, Autonomy::Auto];

fn hash(text: &str) -> Sha256 {
    Sha256::of(text.as_bytes())
}

fn mandate(autonomy: Autonomy) -> Mandate {
    Mandate {
        stack: StackName::new("prod").unwrap(),
        autonomy,
        basis: Basis {
            commit: "0".repeat(40),
            config: hash("config"),
            folder: hash("folder"),
            policies: BTreeMap::new(),
            holdouts: None,
            waivers: None,
        },
        tools: BTreeMap::new(),
        lightsout: "0".to_owned(),
    }
}

fn proposal(tree: &str, privileged: &[&str]) -> Proposal {
    Proposal {
        author: crate::pipeline::generate::Author::Given {
            name: "x".to_owned(),
        },
        base: "0".repeat(40),
        base_tree: hash("base"),
        tree: hash(tree),
        changes: Vec::new(),
        refused: Vec::new(),
        privileged: privileged
            .iter()
            .map(|path| RelPath::new(path).unwrap())
            .collect(),
    }
}

fn preview(of: Sha256, tree: &str, destroys: bool) -> Preview {
    let urn = "urn:pulumi:prod::site::aws:s3/bucket:Bucket::b";
    let step = json!({
        "urn": urn, "op": if destroys { "delete" } else { "create" }, "resource_type": "aws:s3/bucket:Bucket",
        "provider": "urn:pulumi:prod::site::pulumi:providers:aws::default::id", "parent": "", "id": "",
        "old": null, "new": null, "diff": [], "replace_keys": [], "options": null,
    });
    let enforced = json!({
        "mode": "root", "uid_outside": 1, "uid": 1, "gid": 1, "groups": [], "capabilities": {}, "no_new_privs": true,
        "seccomp_mode": 2, "seccomp_filters": 1, "landlock_abi": 7, "landlock_scopes": [], "namespaces": [], "root": [],
        "rlimits": {}, "not_enforced": [],
    });
    serde_json::from_value(json!({
        "stack": "prod", "project": "site", "proposal": of, "tree": hash(tree), "state": hash("state"),
        "record": { "steps": [step] }, "record_hash": hash("record"), "plan": hash("plan"), "calls": {},
        "provider_calls": {}, "diagnostics": [], "engine_sandbox": enforced, "program_sandbox": enforced,
    }))
    .unwrap()
}

fn policy(word: &str, step: &str) -> PolicyReport {
    let urn = "urn:pulumi:prod::site::aws:s3/bucket:Bucket::b";
    let lost = json!({
        "urns": [urn], "ids": [], "lost": ["protect"], "run": "earlier", "since": at(0), "until": at(7),
    });
    // Of the thing that is deleted, on the last second of its cooling period; for `cooled`, on the next one.
    let history = match step {
        "cooling" => {
            json!({ "at": at(7) - jiff::SignedDuration::from_secs(1), "waivers": null, "cooling": [lost] })
        }
        "cooled" => json!({ "at": at(7), "waivers": null, "cooling": [lost] }),
        _ => json!({ "at": at(1), "waivers": null, "cooling": [] }),
    };
    let history = if word == "forgetful" {
        Value::Null
    } else {
        history
    };
    let waived = json!({
        "waiver": hash("w"), "owner": "Ada", "approved_by": null, "reason": "r", "expires": at(30), "days_left": 29,
    });
    let mut finding = json!({
        "rule": "R-1", "severity": "high", "level": "mandatory", "urn": urn, "path": [], "actual": null, "expected": null,
        "message": "do not",
    });
    if word == "waived" {
        finding["waived"] = waived;
    }
    let is_found = ["denied", "waived"].contains(&word);
    let rule = json!({
        "rule": "R-1", "pack": "p", "title": "t", "severity": "high", "level": "mandatory", "evaluated": 1,
        "findings": if is_found { vec![finding] } else { Vec::new() },
        "undetermined": if word == "undetermined" { vec![json!({ "urn": urn, "paths": [] })] } else { Vec::new() },
    });
    serde_json::from_value(json!({
        "packs": [{ "name": "p", "version": "1", "hash": hash("p"), "wasm": hash("w") }],
        "rules": if word == "hollow" { Vec::new() } else { vec![rule] },
        "subjects": 1, "history": history,
    }))
    .unwrap()
}

/// Midnight of a day.
fn at(day: i64) -> jiff::Timestamp {
    jiff::Timestamp::UNIX_EPOCH + jiff::SignedDuration::from_hours(day * 24)
}

/// What a trial's resolved values gave for the one rule.
fn resolved(answer: &str) -> serde_json::Value {
    let urn = "urn:pulumi:prod::site::aws:s3/bucket:Bucket::b";
    let finding = json!({
        "rule": "R-1", "severity": "high", "level": "mandatory", "urn": urn, "path": [], "actual": null, "expected": null,
        "message": "do not",
    });
    json!({
        "asked": 1,
        "answers": [{ "rule": "R-1", "urn": urn, "answer": answer }],
        "denials": if answer == "denied" { vec![finding] } else { Vec::new() },
    })
}

fn holdout(word: &str) -> HoldoutReport {
    let run = if word == "failed" {
        json!({ "failed": "differs" })
    } else {
        json!("passed")
    };
    let scenario = json!({ "id": "0123456789abcdef", "critical": false, "runs": [run], "passed": word != "failed" });
    let left = if word == "not-removed" { 1 } else { 0 };
    let trial = json!({
        "seed": 1, "deployed": true, "teardown": { "left": left }, "evidence": hash("e"), "policies": resolved("clean"),
    });
    let some = word != "none";
    serde_json::from_value(json!({
        "set": hash("set"),
        "terms": { "runs_per_scenario": 1, "quorum": 1, "pass_rate_basis_points": 9000 },
        "scenarios": if some { vec![scenario] } else { Vec::new() },
        "trials": if some { vec![trial] } else { Vec::new() },
    }))
    .unwrap()
}

/// Evidence of one run, recorded.
struct Recordings {
    mandate: Recorded<Mandate>,
    proposal: Recorded<Proposal>,
    preview: Recorded<Preview>,
    policy: Recorded<Judged<PolicyReport>>,
    holdout: Recorded<Judged<HoldoutReport>>,
}

fn record(
    ledger: &mut Ledger,
    run: &str,
    level: Autonomy,
    words: (&str, &str),
    step: &str,
) -> Recordings {
    let (destroys, privileged) = match step {
        "create" | "trial clean" | "trial denied" | "trial not-answered" | "trial unasked" => {
            (false, &[][..])
        }
        "delete" | "cooling" | "cooled" => (true, &[][..]),
        "lock" => (false, &["package-lock.json"][..]),
        other => panic!("{other}"),
    };
    let run = RunId::new(run).unwrap();
    let mandate = ledger
        .record(&run, Actor::Supervisor, mandate(level), &[])
        .unwrap();
    let order = WorkOrder {
        text: "x".to_owned(),
        origin: Origin::File {
            name: "x".to_owned(),
        },
    };
    drop(ledger.record(&run, Actor::Supervisor, order, &[]).unwrap());
    let proposal = ledger
        .record(&run, Actor::Builder, proposal("tree", privileged), &[])
        .unwrap();
    let preview = preview(proposal.hash(), "tree", destroys);
    let preview = ledger.record(&run, Actor::Previewer, preview, &[]).unwrap();
    let about = preview.hash();
    let policy = Judged {
        preview: about,
        report: policy(words.0, step),
    };
    let policy = ledger.record(&run, Actor::Validator, policy, &[]).unwrap();
    let mut report = holdout(words.1);
    if let Some(answer) = step.strip_prefix("trial ") {
        report.trials[0].policies = match answer {
            "unasked" => None,
            answer => serde_json::from_value(resolved(answer)).unwrap(),
        };
    }
    let holdout = Judged {
        preview: about,
        report,
    };
    let holdout = ledger.record(&run, Actor::Validator, holdout, &[]).unwrap();
    Recordings {
        mandate,
        proposal,
        preview,
        policy,
        holdout,
    }
}

/// An approval as the ledger would hold it, in a run of its own that only carries it.
fn approval(ledger: &mut Ledger, of: &Recordings, preview: Sha256) -> Recorded<Approval> {
    let run = of.mandate.run().clone();
    let decision = decide(&case(of)).record();
    let claim = crate::ledger::statement::Claim {
        subjects: Vec::new(),
        predicate_type: "test",
        predicate: (),
    };
    drop(
        ledger
            .record_stated(&run, Actor::Validator, decision, &[], &claim)
            .unwrap(),
    );
    let approval = Approval {
        way: Way::Command,
        preview,
        by: "Ada".to_owned(),
    };
    let name = PersonName::new("Ada").unwrap();
    ledger
        .record(&run, Actor::Person { name }, approval, &[])
        .unwrap()
}

fn ledger() -> (tempfile::TempDir, Ledger) {
    let folder = tempfile::tempdir().unwrap();
    let key = Key::generate("test").unwrap();
    let ledger = Ledger::open(folder.path(), key, || jiff::Timestamp::UNIX_EPOCH).unwrap();
    (folder, ledger)
}

fn word(decision: &Decision) -> String {
    match decision {
        Decision::Cleared(_) => "cleared".to_owned(),
        Decision::Held(hold) => {
            let needs: Vec<String> = hold
                .needs
                .iter()
                .map(|need| {
                    serde_json::to_value(need).unwrap()["need"]
                        .as_str()
                        .unwrap()
                        .to_owned()
                })
                .collect();
            format!("held: {}", needs.join(", "))
        }
        Decision::Refused(refusal) => {
            let reasons: Vec<String> = refusal.reasons.iter().map(ToString::to_string).collect();
            format!("refused {}: {}", refusal.exit().code(), reasons.join("; "))
        }
    }
}

/// The case without and with an approval.
fn lines(ledger: &mut Ledger, level: Autonomy, policy: &str, holdout: &str, step: &str) -> String {
    let run = format!("{level}-{policy}-{holdout}-{step}");
    let of = record(ledger, &run, level, (policy, holdout), step);
    let right = approval(ledger, &of, of.preview.hash());
    let mut lines = String::new();
    for (name, approval) in [("-", None), ("approved", Some(&right))] {
        let decision = word(&decide(&Case {
            approval,
            ..case(&of)
        }));
        writeln!(
            lines,
            "{level:<8} {policy:<12} {holdout:<11} {step:<7} {name:<8} → {decision}"
        )
        .unwrap();
    }
    lines
}

fn case(of: &Recordings) -> Case<'_> {
    Case {
        mandate: &of.mandate,
        proposal: &of.proposal,
        preview: &of.preview,
        policy: &of.policy,
        holdout: &of.holdout,
        approval: None,
    }
}

#[test]
fn the_whole_truth_table() {
    let (_folder, mut ledger) = ledger();
    let mut table = String::new();
    for level in LEVELS {
        for policy in POLICIES {
            for holdout in HOLDOUTS {
                for step in ["create", "delete", "cooling", "lock"] {
                    table.push_str(&lines(&mut ledger, level, policy, holdout, step));
                }
            }
        }
    }
    insta::assert_snapshot!("truth_table", table);
}

/// What a trial's resolved values show counts at every level; that it shows nothing bad opens nothing.
#[test]
fn what_a_trial_answers_can_refuse_and_never_clears() {
    let (_folder, mut ledger) = ledger();
    let mut number = 0;
    for level in LEVELS {
        for policy in ["clean", "undetermined"] {
            let mut decided = |trial: &str| {
                number += 1;
                let words = (policy, "passed");
                let of = record(&mut ledger, &format!("run-{number}"), level, words, trial);
                word(&decide(&case(&of)))
            };
            assert!(decided("trial denied").starts_with("refused 10"), "{level}");
            assert_eq!(decided("trial clean"), decided("create"));
            assert_eq!(decided("trial not-answered"), decided("create"));
            let unasked = decided("trial unasked");
            let why = "refused 12: the evidence does not fit together";
            assert!(unasked.starts_with(why), "{unasked}");
            if policy == "undetermined" {
                for trial in ["trial clean", "trial not-answered"] {
                    let decision = decided(trial);
                    assert!(decision.contains("undetermined"), "{level}: {decision}");
                    assert!(decision.starts_with("held"), "{level}: {decision}");
                }
            }
        }
    }
}

/// Evidence that is about something else is refused, whatever it says; with nothing exchanged, the same case is cleared.
#[test]
fn evidence_of_something_else_is_refused() {
    let (_folder, mut ledger) = ledger();
    let one = record(
        &mut ledger,
        "one",
        Autonomy::Auto,
        ("clean", "passed"),
        "create",
    );
    let other = record(
        &mut ledger,
        "other",
        Autonomy::Auto,
        ("clean", "passed"),
        "delete",
    );
    let wrong = approval(&mut ledger, &one, other.preview.hash());
    let case = case(&one);
    assert_eq!(word(&decide(&case)), "cleared");
    let exchanged = [
        (
            "mandate",
            Case {
                mandate: &other.mandate,
                ..case
            },
        ),
        (
            "proposal",
            Case {
                proposal: &other.proposal,
                ..case
            },
        ),
        (
            "preview",
            Case {
                preview: &other.preview,
                ..case
            },
        ),
        (
            "policy",
            Case {
                policy: &other.policy,
                ..case
            },
        ),
        (
            "holdout",
            Case {
                holdout: &other.holdout,
                ..case
            },
        ),
        (
            "approval",
            Case {
                approval: Some(&wrong),
                ..case
            },
        ),
    ];
    for (what, case) in exchanged {
        let decision = word(&decide(&case));
        assert!(
            decision.starts_with("refused 12: the evidence does not fit together"),
            "{what}: {decision}"
        );
    }
}

/// What earlier runs have left must be known.
#[test]
fn a_report_without_history_is_refused() {
    let (_folder, mut ledger) = ledger();
    let words = ("forgetful", "passed");
    let of = record(&mut ledger, "forgetful", Autonomy::Auto, words, "create");
    assert_eq!(
        word(&decide(&case(&of))),
        "refused 12: the evidence does not fit together: the policy report does not say what earlier runs have left"
    );
}

/// The need ends with the period; `cooling` in the table is the second before.
#[test]
fn after_the_cooling_period_nobody_is_needed_for_it() {
    let (_folder, mut ledger) = ledger();
    let words = ("clean", "passed");
    for (step, expect) in [
        ("cooling", "held: destructive, cooling"),
        ("cooled", "held: destructive"),
    ] {
        let of = record(&mut ledger, step, Autonomy::Auto, words, step);
        assert_eq!(word(&decide(&case(&of))), expect);
    }
}
