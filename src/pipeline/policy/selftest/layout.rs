//! Rule, file, test and folder of examples have one name; nothing else is there.

use std::path::Path;

use super::super::error::Error as PolicyError;
use super::super::example::{Example, Kind};
use super::super::metadata::{PackDoc, stem};
use super::super::pack::Pack;
use super::Problem;

const TEST: &str = "layout";

/// Checks names, and that each rule has all that a rule needs.
pub(super) fn check(
    folder: &Path,
    pack: &Pack,
    doc: &PackDoc,
    examples: &[Example],
    problems: &mut Vec<Problem>,
) -> Result<(), PolicyError> {
    for rule in &doc.rules {
        let expect = format!("{}.rego", stem(&rule.id));
        if rule.file != expect {
            let what = format!("it holds rule `{}`: name the file `{expect}`", rule.id);
            problems.push(Problem::new(TEST, &rule.file, what));
        }
        compare(rule, pack, problems);
    }
    for rule in pack
        .rules()
        .filter(|rule| doc.rule(rule.as_str()).is_none())
    {
        let what = "its METADATA is not found above the package line: say `scope: package`";
        problems.push(Problem::new(TEST, rule, what));
    }
    for rule in pack.rules() {
        for kind in Kind::ALL {
            let is_there = examples
                .iter()
                .any(|example| example.rule == *rule && example.kind == kind);
            if !is_there {
                let what = format!("it has no `examples/{rule}/{}`", kind.file());
                problems.push(Problem::new(TEST, rule, what));
            }
        }
    }
    for example in examples {
        if !pack.rules().any(|rule| *rule == example.rule) {
            problems.push(Problem::new(TEST, example, "it is an example of no rule"));
        }
    }
    files(folder, pack, doc, problems)
}

/// What the comments say must be what OPA read.
fn compare(doc: &super::super::metadata::RuleDoc, pack: &Pack, problems: &mut Vec<Problem>) {
    let compiled = pack.rules.iter().find(|rule| rule.id == doc.id);
    let is_same = compiled.is_some_and(|rule| {
        rule.title == doc.title
            && rule.severity == doc.severity
            && rule.level == doc.level
            && rule.remediation == doc.remediation
    });
    if !is_same {
        let what = "its METADATA is not what was compiled: have one block, right above the package";
        problems.push(Problem::new(TEST, &doc.file, what));
    }
}

/// Every Rego file is a rule, a helper or a test of one of them.
fn files(
    folder: &Path,
    pack: &Pack,
    doc: &PackDoc,
    problems: &mut Vec<Problem>,
) -> Result<(), PolicyError> {
    let fail = |source| PolicyError::Io {
        doing: "reading the policy pack",
        path: folder.to_owned(),
        source,
    };
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(fail)? {
        names.push(
            entry
                .map_err(fail)?
                .file_name()
                .to_string_lossy()
                .into_owned(),
        );
    }
    names.sort();
    for rule in pack.rules() {
        let test = format!("{}_test.rego", stem(rule));
        if !names.contains(&test) {
            problems.push(Problem::new(TEST, rule, format!("it has no `{test}`")));
        }
    }
    for name in names.iter().filter(|name| name.ends_with(".rego")) {
        let subject = name.trim_end_matches(".rego").trim_end_matches("_test");
        let is_rule = doc.rules.iter().any(|rule| stem(&rule.id) == subject);
        let is_declared = doc.rules.iter().any(|rule| rule.file == *name);
        if !is_rule && !is_declared && !subject.starts_with("lib") {
            let what = "it is neither a rule nor a rule's test; helpers are in `lib*.rego`";
            problems.push(Problem::new(TEST, name, what));
        }
    }
    Ok(())
}
