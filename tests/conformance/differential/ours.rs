//! Our engine, asked as a run asks it: whole previews, of which rules see only what they mention. What it reports must be what OPA
//! finds in the whole inputs.
//!
//! A preview with unknown or secret values is not compared here: there our engine says more, or less, than the rules do.

use std::collections::BTreeMap;

use lightsout::pipeline::policy::{Finding, PolicyReport, evaluate_json};
use serde_json::json;

use super::cases::{Cases, Preview, Question};
use super::known::Known;
use super::packs::{Rule, Shipped};
use super::value::Value;
use super::{Answer, Answers, mutation};

/// What we say of each preview.
pub(crate) type Judged = Vec<Option<Result<PolicyReport, String>>>;

pub(crate) fn judge(shipped: &Shipped, cases: &Cases) -> Judged {
    let judge = |preview: &Preview| {
        preview.is_plain.then(|| {
            let report = evaluate_json(preview.request.as_bytes(), &shipped.packs);
            report.map_err(|error| format!("{error:?}"))
        })
    };
    cases.all.iter().map(judge).collect()
}

/// The same without the previews that hold what our modules are known to judge otherwise; they are counted.
pub(crate) fn without_known(cases: &Cases, judged: Judged, known: &Known) -> Judged {
    let mut left_out = 0;
    let kept = cases.all.iter().zip(judged).map(|(preview, report)| {
        let is_known = report.is_some() && known.concerns_input("lightsout", &preview.request);
        left_out += usize::from(is_known);
        report.filter(|_| !is_known)
    });
    let kept = kept.collect();
    println!(
        "lightsout, as a run asks it: {left_out} previews left out, which hold what is known to be judged otherwise"
    );
    kept
}

/// A finding by what both say of it: place, values, and how its message begins.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Found {
    urn: Option<String>,
    path: Value,
    actual: Value,
    expected: Value,
    message: String,
}

/// LIMIT: characters of a text inside a finding, and bytes of a value; `policy::finding` has the same.
const TEXT_CHARS_MAX: usize = 300;
const VALUE_BYTES_MAX: usize = 2000;

/// Compares; how many answers, and what is different: one complaint a rule.
pub(crate) fn compare(
    shipped: &Shipped,
    cases: &Cases,
    reference: &Answers,
    judged: &Judged,
) -> (usize, Vec<String>) {
    let mut compared = 0;
    let mut wrong: BTreeMap<String, (usize, String)> = BTreeMap::new();
    for (preview, report) in cases.all.iter().zip(judged) {
        let Some(report) = report else { continue };
        for (id, asked) in &preview.questions {
            let rule = &shipped.rules[id];
            let of = |input: usize| {
                &reference[&Question {
                    rule: id.clone(),
                    input,
                }]
            };
            compared += asked.len();
            let complaint = match report {
                // One failing rule fails the evaluation: what the others found is not said.
                Err(why) => {
                    (!preview_fails(preview, reference)).then(|| format!("ours fails: {why}"))
                }
                Ok(report) => difference(rule, asked, of, report),
            };
            if let Some(complaint) = complaint {
                let first = || (0, format!("{complaint}\npreview: {}", preview.request));
                wrong.entry(id.clone()).or_insert_with(first).0 += 1;
            }
        }
    }
    let complaints = wrong
        .into_iter()
        .map(|(rule, (count, first))| format!("lightsout, {rule}, {count} times; first\n{first}"));
    (compared, complaints.collect())
}

fn preview_fails(preview: &Preview, reference: &Answers) -> bool {
    preview.questions.iter().any(|(rule, asked)| {
        asked.iter().any(|(input, _)| {
            reference[&Question {
                rule: rule.clone(),
                input: *input,
            }]
                .is_err()
        })
    })
}

fn difference<'a>(
    rule: &Rule,
    asked: &[(usize, String)],
    of: impl Fn(usize) -> &'a Answer,
    report: &PolicyReport,
) -> Option<String> {
    let result = report
        .rules
        .iter()
        .find(|result| result.rule.as_str() == rule.id)
        .unwrap();
    let mut theirs = Vec::new();
    for (input, urn) in asked {
        match of(*input) {
            Ok(Value::List(findings)) => {
                theirs.extend(findings.iter().map(|finding| expected(rule, urn, finding)))
            }
            Ok(other) => panic!("not a set: {other:?}"),
            Err(why) => return Some(format!("OPA fails and ours does not: {why}")),
        }
    }
    let mut ours: Vec<Found> = result
        .findings
        .iter()
        .map(|finding| said(finding, &theirs))
        .collect();
    theirs.sort();
    ours.sort();
    if !result.undetermined.is_empty() {
        return Some(format!(
            "nothing is unknown, and ours could not know: {:?}",
            result.undetermined
        ));
    }
    let evaluated = usize::try_from(result.evaluated).unwrap();
    if evaluated != asked.len() {
        return Some(format!(
            "ours judged {evaluated} resources, and {} concern the rule",
            asked.len()
        ));
    }
    (ours != theirs).then(|| format!("ours: {ours:?}\nOPA:  {theirs:?}"))
}

/// What we should say where OPA finds this.
fn expected(rule: &Rule, urn: &str, finding: &Value) -> Found {
    let Value::Object(members) = finding else {
        panic!("a finding is an object: {finding:?}")
    };
    let text = |member: &str| match members.get(member) {
        Some(Value::String(text)) => Some(text.clone()),
        _ => None,
    };
    let path: Vec<Value> = match members.get("path") {
        Some(Value::List(path)) => path.iter().map(shown_segment).collect(),
        _ => Vec::new(),
    };
    let path = Value::List(path);
    let named = if rule.is_about_stack {
        text("urn")
    } else {
        Some(urn.to_owned())
    };
    let value = |member: &str| members.get(member).map_or(Value::Null, rounded);
    let message = shown(&text("msg").unwrap_or_else(|| rule.title.clone()));
    Found {
        urn: named,
        path,
        actual: value("actual"),
        expected: value("expected"),
        message: format!("{message}: "),
    }
}

/// What we say. The message ends with an instruction, which OPA knows nothing of.
fn said(finding: &Finding, theirs: &[Found]) -> Found {
    let value = |value: &Option<serde_json::Value>| Value::parse(&json!(value).to_string());
    let message = theirs
        .iter()
        .map(|other| &other.message)
        .filter(|start| finding.message.starts_with(start.as_str()));
    Found {
        urn: finding.urn.as_ref().map(ToString::to_string),
        path: Value::parse(&json!(finding.path).to_string()),
        actual: value(&finding.actual),
        expected: value(&finding.expected),
        // The longest beginning: one message can be the beginning of another.
        message: message
            .max_by_key(|start| start.len())
            .unwrap_or(&finding.message)
            .clone(),
    }
}

/// A value as a report holds it: nothing when it is long, numbers as `f64` where they do not fit better.
fn rounded(value: &Value) -> Value {
    let json: serde_json::Value = serde_json::from_str(&value.json()).unwrap();
    let text = json.to_string();
    if text.len() > VALUE_BYTES_MAX {
        Value::Null
    } else {
        Value::parse(&text)
    }
}

fn shown_segment(segment: &Value) -> Value {
    match segment {
        Value::String(key) => Value::String(shown(key)),
        other => other.clone(),
    }
}

/// Text as a report shows it: not long, and nothing in it that hides or turns text.
fn shown(text: &str) -> String {
    let mut out = String::new();
    for (at, c) in text.chars().enumerate() {
        if at == TEXT_CHARS_MAX {
            out.push('…');
            break;
        }
        let is_hidden = c.is_control()
            || matches!(u32::from(c), 0xad | 0x61c | 0x180e | 0x200b..=0x200f | 0x2028..=0x202e | 0x2060..=0x206f | 0xfeff | 0xfff9..=0xfffb | 0xe0000..=0xe007f);
        if is_hidden {
            out.extend(c.escape_unicode())
        } else {
            out.push(c)
        }
    }
    out
}

/// A report is changed in one place, and the comparison must notice.
pub(crate) fn notices_what_is_altered(
    shipped: &Shipped,
    cases: &Cases,
    reference: &Answers,
    mut judged: Judged,
) {
    let (_, before) = compare(shipped, cases, reference, &judged);
    let altered = judged
        .iter_mut()
        .flatten()
        .flatten()
        .flat_map(|report| &mut report.rules)
        .find(|result| !result.findings.is_empty());
    let findings = &mut altered.expect("there are findings").findings;
    findings[0]
        .path
        .0
        .push(lightsout::pipeline::policy::PathSegment::Index(7));
    let (_, wrong) = compare(shipped, cases, reference, &judged);
    assert_ne!(wrong, before, "a finding at another place is not noticed");
}

#[test]
fn marked_numbers_become_numbers() {
    let value = json!({"a": ["\u{1}number\u{1}12345678901234567890123\u{1}number\u{1}", "1"]});
    assert_eq!(
        mutation::text(&value),
        r#"{"a":[12345678901234567890123,"1"]}"#
    );
}
