//! Four engines, one answer: ours, OPA itself, regorus and the crate `opa-wasm`, on every example of every pack that ships and on
//! a thousand previews that nobody wrote.
//!
//! OPA's executable is the reference. Whole answers are compared: every member of every finding, as sets.
//!
//! INVARIANT: what an engine was not asked, and where it is known to be wrong, is counted and printed by name. A difference that
//! is known and does not show any more fails the test.

mod cases;
mod engines;
#[path = "../bench/policy/mutation.rs"]
mod mutation;
mod ours;
mod packs;
#[path = "../bench/policy/random.rs"]
mod random;
mod value;

use std::collections::BTreeMap;

use cases::{Cases, Question};
use packs::Shipped;
use value::Value;

/// What an engine says to a question: a set of findings, or that it fails.
pub(crate) type Answer = Result<Value, String>;
/// All that an engine says, by question. What it was not asked is not there.
pub(crate) type Answers = BTreeMap<Question, Answer>;

/// Rules in which an engine is known to be wrong.
const KNOWN: &str = include_str!("differential/known.yaml");

#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Known {
    engine: String,
    rule: String,
    reason: String,
}

/// The differences between an engine and OPA, by rule: how many, and the first.
type Differences = BTreeMap<String, (usize, String)>;

fn differences(cases: &Cases, reference: &Answers, answers: &Answers) -> Differences {
    let mut found = Differences::new();
    for (question, answer) in answers {
        let expected = &reference[question];
        let is_same = match (expected, answer) {
            (Ok(expected), Ok(answer)) => expected == answer,
            (Err(_), Err(_)) => true,
            (Ok(_), Err(_)) | (Err(_), Ok(_)) => false,
        };
        if !is_same {
            let first = || {
                let input = cases.text(question);
                (
                    0,
                    format!("OPA: {expected:?}\nthis: {answer:?}\ninput: {input}"),
                )
            };
            found.entry(question.rule.clone()).or_insert_with(first).0 += 1;
        }
    }
    found
}

#[test]
fn four_engines_find_the_same() {
    let opa = packs::opa();
    let shipped = Shipped::read(&opa);
    let cases = Cases::of(&shipped);
    let (reference, others, left_out, judged) = std::thread::scope(|scope| {
        let regorus = scope.spawn(|| engines::regorus(&shipped, &cases));
        let opa_wasm = scope.spawn(|| engines::opa_wasm(&shipped, &cases, &opa));
        let judged = scope.spawn(|| {
            (
                engines::host(&shipped, &cases),
                ours::judge(&shipped, &cases),
            )
        });
        let reference = engines::opa(&opa, &shipped, &cases);
        let (opa_wasm, left_out) = opa_wasm.join().unwrap();
        let (host, judged) = judged.join().unwrap();
        let others = [
            ("lightsout's host", host),
            ("regorus", regorus.join().unwrap()),
            ("opa-wasm", opa_wasm),
        ];
        (reference, others, left_out, judged)
    });
    println!(
        "{} packs, {} rules, {} examples, {} generated previews of {} resources; {} questions",
        shipped.packs.len(),
        shipped.rules.len(),
        cases.examples,
        cases.previews,
        cases.generated,
        cases.questions.len()
    );
    let failed = reference.values().filter(|answer| answer.is_err()).count();
    let findings = reference.values().flatten().map(count).sum::<usize>();
    println!(
        "OPA: {} answers with {findings} findings; {failed} evaluations fail",
        reference.len()
    );
    assert_eq!(reference.len(), cases.questions.len());
    assert!(
        findings > cases.questions.len() / 20,
        "answers that are mostly empty compare little"
    );

    let known: Vec<Known> = serde_saphyr::from_str(KNOWN).unwrap();
    assert!(
        known
            .iter()
            .all(|each| ["regorus", "opa-wasm"].contains(&each.engine.as_str())),
        "ours is never known to be wrong"
    );
    let mut complaints = Vec::new();
    for (engine, answers) in &others {
        println!("{engine}: {} answers compared", answers.len());
        complaints.extend(unexpected(
            engine,
            &known,
            differences(&cases, &reference, answers),
        ));
        notices_what_is_altered(&cases, &reference, answers);
    }
    for (why, count) in left_out {
        println!("opa-wasm: {count} questions left out: {why}");
    }
    let (compared, wrong) = ours::compare(&shipped, &cases, &reference, &judged);
    println!("lightsout, as a run asks it: {compared} answers compared");
    complaints.extend(wrong);
    ours::notices_what_is_altered(&shipped, &cases, &reference, judged);
    assert!(complaints.is_empty(), "{}", complaints.join("\n\n"));
}

/// What is different and not known to be, and what is known to be different and is not.
fn unexpected(engine: &str, known: &[Known], mut differences: Differences) -> Vec<String> {
    let mut complaints = Vec::new();
    for each in known.iter().filter(|each| each.engine == engine) {
        match differences.remove(&each.rule) {
            Some((count, _)) => println!(
                "{engine}: {count} known differences in {}: {}",
                each.rule, each.reason
            ),
            None => complaints.push(format!(
                "{engine} does not differ in {} any more: take it off the list",
                each.rule
            )),
        }
    }
    let said = differences
        .into_iter()
        .map(|(rule, (count, first))| format!("{engine}, {rule}, {count} times; first\n{first}"));
    complaints.extend(said);
    complaints
}

fn count(findings: &Value) -> usize {
    match findings {
        Value::List(items) => items.len(),
        other => panic!("not a set: {other:?}"),
    }
}

/// One answer is changed in one place, and the comparison must say which.
fn notices_what_is_altered(cases: &Cases, reference: &Answers, answers: &Answers) {
    let right = |question: &Question| answers[question] == reference[question];
    let mut found = answers.iter().filter(|(question, answer)| {
        right(question) && answer.as_ref().is_ok_and(|findings| count(findings) > 0)
    });
    let (question, answer) = found.next().expect("there are findings");
    let Ok(Value::List(findings)) = answer else {
        panic!("a set is a list")
    };
    let mut other = findings.clone();
    let Some(Value::Object(first)) = other.first_mut() else {
        panic!("a finding is an object")
    };
    first.insert("msg".to_owned(), Value::String("something else".to_owned()));
    let fewer = findings.iter().skip(1).cloned().collect();
    for altered in [
        Ok(Value::List(other)),
        Ok(Value::List(fewer)),
        Err("it fails".to_owned()),
    ] {
        let mut altered = Answers::from([(question.clone(), altered)]);
        assert_eq!(
            differences(cases, reference, &altered).len(),
            1,
            "{question:?}"
        );
        altered.insert(question.clone(), answer.clone());
        assert!(differences(cases, reference, &altered).is_empty());
    }
}
