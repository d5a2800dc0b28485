//! What engines found, in one form: a finding a line, sorted, so that equal findings are equal bytes.

use std::fs;
use std::io::{BufRead as _, BufReader, BufWriter, Write as _};
use std::path::Path;

use lightsout::names::Sha256;
use lightsout::pipeline::policy::PolicyReport;
use serde_json::{Value, json};

use super::rules::REMEDIATION;

/// Everything that a finding says. A member that is not there and one that is null are the same.
fn line(of: &Value) -> String {
    let members = ["rule", "urn", "path", "actual", "expected", "msg"];
    Value::Array(members.iter().map(|member| of[member].clone()).collect()).to_string()
}

/// Our findings: each message without the instruction that is put behind it.
pub(crate) fn of_report(report: &PolicyReport) -> Vec<String> {
    let findings = report.rules.iter().flat_map(|rule| &rule.findings);
    let undetermined = report
        .rules
        .iter()
        .any(|rule| !rule.undetermined.is_empty());
    assert!(!undetermined, "nothing in the benchmark is unknown");
    findings
        .map(|finding| {
            let message = finding.message.strip_suffix(REMEDIATION);
            let message = message.and_then(|message| message.strip_suffix(": ")).unwrap();
            line(&json!({
                "rule": finding.rule, "urn": finding.urn, "path": finding.path, "actual": finding.actual, "expected": finding.expected, "msg": message,
            }))
        })
        .collect()
}

/// What `lightsout policy eval --format json` prints: a report and what follows from it.
pub(crate) fn of_printed_report(printed: &Value) -> Vec<String> {
    let mut report = printed.clone();
    let members = report.as_object_mut().unwrap();
    for more in ["verdict", "exit"] {
        members.remove(more).unwrap();
    }
    of_report(&serde_json::from_value(report).unwrap())
}

/// The findings of rules that return them as they are.
pub(crate) fn of_set(set: &Value) -> Vec<String> {
    set.as_array().unwrap().iter().map(line).collect()
}

/// What `opa eval --format json` prints.
pub(crate) fn of_opa_eval(printed: &Value) -> Vec<String> {
    of_set(&printed["result"][0]["expressions"][0]["value"])
}

/// What `conftest test --output json` prints: the message, and the other members apart.
pub(crate) fn of_conftest(printed: &Value) -> Vec<String> {
    let failures = printed[0]["failures"].as_array().unwrap().iter();
    failures
        .map(|failure| {
            let mut finding = failure["metadata"].clone();
            finding["msg"] = failure["msg"].clone();
            line(&finding)
        })
        .collect()
}

pub(crate) fn write(mut findings: Vec<String>, file: &Path) {
    findings.sort_unstable();
    let mut out = BufWriter::new(fs::File::create(file).unwrap());
    for finding in findings {
        writeln!(out, "{finding}").unwrap();
    }
    out.flush().unwrap();
}

/// How many findings a file holds.
pub(crate) fn count(file: &Path) -> usize {
    BufReader::new(fs::File::open(file).unwrap())
        .lines()
        .count()
}

/// The first line in which two files differ; none when they hold the same findings.
pub(crate) fn difference(ours: &Path, theirs: &Path) -> Option<String> {
    let hash = |file: &Path| Sha256::of_reader(&mut fs::File::open(file).unwrap()).unwrap();
    if hash(ours) == hash(theirs) {
        return None;
    }
    let lines = |file: &Path| {
        BufReader::new(fs::File::open(file).unwrap())
            .lines()
            .map(Result::unwrap)
    };
    let (mut ours, mut theirs) = (lines(ours), lines(theirs));
    loop {
        let (our, their) = (ours.next(), theirs.next());
        if our != their {
            return Some(format!("ours:   {our:?}\ntheirs: {their:?}"));
        }
        assert!(our.is_some(), "files of the same lines have the same hash");
    }
}
