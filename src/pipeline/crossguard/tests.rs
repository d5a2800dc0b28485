//! What a pack may say of itself, and what its answers mean.

use std::collections::{BTreeMap, BTreeSet};

use prost_types::Struct;
use prost_types::value::Kind;
use serde_json::json;

use super::Error;
use super::answers::Answers;
use super::questions::questions;
use super::rules::Described;
use crate::engine::wire::pulumirpc::{
    AnalyzeDiagnostic, AnalyzeResponse, AnalyzerInfo, EnforcementLevel, PolicyConfig,
    PolicyConfigSchema, PolicyInfo, PolicyNotApplicable, PolicyType, RemediateResponse,
    Remediation,
};
use crate::names::Urn;
use crate::pipeline::policy::Level;
use crate::pipeline::preview::record::Record;

const URN: &str = "urn:pulumi:dev::site::a:b:C::it";

fn policy(name: &str, level: EnforcementLevel, kind: PolicyType) -> PolicyInfo {
    PolicyInfo {
        name: name.to_owned(),
        description: "what it demands".to_owned(),
        enforcement_level: level.into(),
        policy_type: kind.into(),
        ..PolicyInfo::default()
    }
}

fn info(policies: Vec<PolicyInfo>) -> AnalyzerInfo {
    AnalyzerInfo {
        name: "guard".to_owned(),
        version: "1.0.0".to_owned(),
        policies,
        ..AnalyzerInfo::default()
    }
}

fn single(level: EnforcementLevel) -> PolicyInfo {
    policy("p", level, PolicyType::Resource)
}

fn text(value: &str) -> prost_types::Value {
    prost_types::Value {
        kind: Some(Kind::StringValue(value.to_owned())),
    }
}

fn object(fields: &[(&str, prost_types::Value)]) -> Struct {
    let fields = fields.iter();
    Struct {
        fields: fields
            .map(|(key, value)| ((*key).to_owned(), value.clone()))
            .collect(),
    }
}

/// A preview of one step, with these inputs.
fn record(op: &str, inputs: &serde_json::Value, unknown: &serde_json::Value) -> Record {
    let side = json!({
        "inputs": {"values": inputs, "unknown": unknown, "secret": []},
        "outputs": {"values": {}, "unknown": [], "secret": []},
        "protect": false, "external": false, "retain_on_delete": false,
    });
    let step = json!({
        "urn": URN, "op": op, "resource_type": "a:b:C", "provider": "", "parent": "", "id": "",
        "old": null, "new": side, "diff": [], "replace_keys": [], "options": null,
    });
    serde_json::from_value(json!({ "steps": [step] })).unwrap()
}

fn known() -> Record {
    record("create", &json!({"a": 1}), &json!([]))
}

fn said(level: EnforcementLevel, urn: &str) -> AnalyzeResponse {
    AnalyzeResponse {
        diagnostics: vec![AnalyzeDiagnostic {
            policy_name: "p".to_owned(),
            message: "what it demands\nnot met".to_owned(),
            enforcement_level: level.into(),
            urn: urn.to_owned(),
            ..AnalyzeDiagnostic::default()
        }],
        not_applicable: Vec::new(),
    }
}

#[test]
fn a_pack_that_judges_nothing_or_not_clearly_is_refused() {
    let refused = |info: AnalyzerInfo| Described::read(info).unwrap_err();
    let (advisory, disabled) = (EnforcementLevel::Advisory, EnforcementLevel::Disabled);
    assert!(matches!(refused(info(vec![])), Error::NoPolicies { .. }));
    let off = info(vec![single(disabled)]);
    assert!(matches!(refused(off), Error::NoPolicies { .. }));
    let twice = info(vec![single(advisory), single(advisory)]);
    assert!(matches!(refused(twice), Error::Twice { .. }));
    let odd = info(vec![policy("a b", advisory, PolicyType::Resource)]);
    assert!(matches!(refused(odd), Error::Policy { .. }));
    let nameless = AnalyzerInfo {
        name: "a/b".to_owned(),
        ..info(vec![single(advisory)])
    };
    assert!(matches!(refused(nameless), Error::PackName(_)));
    Described::read(info(vec![single(advisory)])).unwrap();
}

#[test]
fn a_packs_own_configuration_raises_and_disables_and_never_lowers() {
    use EnforcementLevel::{Advisory, Disabled, Mandatory};
    let level = |own, key: &str, set: EnforcementLevel| {
        let config = PolicyConfig {
            enforcement_level: set.into(),
            properties: None,
        };
        let other = policy("other", Mandatory, PolicyType::Resource);
        let described = Described::read(AnalyzerInfo {
            initial_config: BTreeMap::from([(key.to_owned(), config)]),
            ..info(vec![single(own), other])
        });
        let described = described.unwrap();
        let rule = &described.rules[0];
        (rule.level(), rule.is_enabled())
    };
    assert_eq!(level(Advisory, "p", Mandatory), (Level::Mandatory, true));
    assert_eq!(level(Advisory, "all", Mandatory), (Level::Mandatory, true));
    assert_eq!(level(Mandatory, "p", Advisory), (Level::Mandatory, true));
    assert_eq!(level(Mandatory, "p", Disabled), (Level::Advisory, false));
}

#[test]
fn a_policy_gets_its_defaults_and_what_it_requires_must_be_set() {
    let declared = Kind::StructValue(object(&[("default", text("owner"))]));
    let declared = prost_types::Value {
        kind: Some(declared),
    };
    let with = |required: &[&str]| {
        let mut policy = single(EnforcementLevel::Mandatory);
        policy.config_schema = Some(PolicyConfigSchema {
            properties: Some(object(&[("word", declared.clone())])),
            required: required.iter().map(|it| (*it).to_owned()).collect(),
        });
        Described::read(info(vec![policy]))
    };
    let config = with(&["word"]).unwrap().configuration();
    assert_eq!(
        config.policy_config["p"].properties,
        Some(object(&[("word", text("owner"))]))
    );
    assert!(matches!(with(&["days"]), Err(Error::Policy { .. })));
}

#[test]
fn a_finding_below_its_policys_level_is_none_but_a_place_that_is_open() {
    let described = Described::read(info(vec![single(EnforcementLevel::Mandatory)])).unwrap();
    let known = known();
    let questions = questions(&known).unwrap();
    let judge = |answer| {
        let mut answers = Answers::of(&described);
        answers.single(&questions[0], answer)?;
        answers.leave_open(&questions[0]);
        Ok::<_, Error>(answers.results.remove(0))
    };
    let clean = judge(AnalyzeResponse::default()).unwrap();
    assert!(clean.findings.is_empty() && clean.undetermined.is_empty());
    assert_eq!(clean.evaluated, 1);
    let open = judge(said(EnforcementLevel::Advisory, "")).unwrap();
    assert!(open.findings.is_empty());
    assert_eq!(open.undetermined[0].urn.as_str(), URN);
    let found = judge(said(EnforcementLevel::Mandatory, URN)).unwrap();
    assert_eq!(found.findings[0].message, "what it demands: not met");
    assert!(found.findings[0].refuses() && found.undetermined.is_empty());
    let other = judge(said(
        EnforcementLevel::Mandatory,
        "urn:pulumi:dev::site::a:b:C::other",
    ));
    assert!(matches!(other, Err(Error::Answer { .. })));
    let mut stranger = said(EnforcementLevel::Mandatory, "");
    stranger.diagnostics[0].policy_name = "q".to_owned();
    assert!(matches!(judge(stranger), Err(Error::Answer { .. })));
    let hollow = PolicyNotApplicable {
        policy_name: "p".to_owned(),
        reason: "Policy does not implement validateResource".to_owned(),
    };
    let hollow = judge(AnalyzeResponse {
        not_applicable: vec![hollow],
        ..AnalyzeResponse::default()
    });
    assert!(matches!(hollow, Err(Error::Answer { .. })));
}

#[test]
fn an_unknown_input_leaves_every_policy_open_unless_it_found_something() {
    let described = Described::read(info(vec![single(EnforcementLevel::Mandatory)])).unwrap();
    let record = record("update", &json!({"a": null}), &json!([["a"]]));
    let questions = questions(&record).unwrap();
    let mut answers = Answers::of(&described);
    answers.leave_open(&questions[0]);
    assert_eq!(answers.results[0].undetermined[0].paths[0].to_string(), "a");
    let mut answers = Answers::of(&described);
    let found = said(EnforcementLevel::Mandatory, "");
    answers.single(&questions[0], found).unwrap();
    answers.leave_open(&questions[0]);
    assert!(answers.results[0].undetermined.is_empty());
}

#[test]
fn what_would_be_remediated_is_a_finding_and_what_is_left_alone_is_none() {
    let described = Described::read(info(vec![single(EnforcementLevel::Remediate)])).unwrap();
    let known = known();
    let questions = questions(&known).unwrap();
    let findings = |properties: Struct| {
        let mut answers = Answers::of(&described);
        let remediations = vec![Remediation {
            policy_name: "p".to_owned(),
            properties: Some(properties),
            ..Remediation::default()
        }];
        let answer = RemediateResponse {
            remediations,
            ..RemediateResponse::default()
        };
        answers.remediated(&questions[0], answer).unwrap();
        answers.results.remove(0).findings
    };
    let same = questions[0].alone().properties.unwrap();
    assert_eq!(findings(same), []);
    assert!(findings(object(&[("a", text("2"))]))[0].refuses());
}

#[test]
fn a_policy_about_the_stack_is_open_wherever_something_changes() {
    let level = EnforcementLevel::Mandatory;
    let described = Described::read(info(vec![policy("p", level, PolicyType::Stack)])).unwrap();
    let judge = |record: &Record, answer| {
        let questions = questions(record).unwrap();
        let changed: BTreeSet<&Urn> = super::changed(record).collect();
        let mut answers = Answers::of(&described);
        answers.whole(&questions, &changed, answer)?;
        Ok::<_, Error>(answers.results.remove(0))
    };
    let same = record("same", &json!({"a": 1}), &json!([]));
    let clean = judge(&same, AnalyzeResponse::default()).unwrap();
    assert_eq!((clean.evaluated, clean.undetermined.len()), (1, 0));
    assert_eq!(
        judge(&known(), AnalyzeResponse::default())
            .unwrap()
            .undetermined
            .len(),
        1
    );
    // It could not run, and says no place: every resource is open.
    assert_eq!(
        judge(&same, said(EnforcementLevel::Advisory, ""))
            .unwrap()
            .undetermined
            .len(),
        1
    );
    assert!(judge(&same, said(level, "")).unwrap().findings[0].refuses());
    assert!(matches!(
        judge(&same, said(level, "urn:x")),
        Err(Error::Answer { .. })
    ));
}

#[test]
fn a_step_that_says_nothing_of_its_resource_is_an_error() {
    let mut record = known();
    record.steps[0].new = None;
    assert!(matches!(questions(&record), Err(Error::NoState { .. })));
}
