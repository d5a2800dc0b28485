//! Four engines, one answer: ours, OPA itself, regorus and the crate `opa-wasm`, on every example of every pack that ships and on
//! a thousand previews that nobody wrote.
//!
//! OPA's executable is the reference. Whole answers are compared: every member of every finding, as sets.
//!
//! INVARIANT: what an engine was not asked, and where it is known to be wrong, is counted and printed by name. A difference that
//! is known and does not show any more fails the test.

mod cases;
mod engines;
mod known;
#[path = "../bench/policy/mutation.rs"]
mod mutation;
mod ours;
mod packs;
#[path = "../bench/policy/random.rs"]
mod random;
mod value;

use std::collections::BTreeMap;

use cases::{Cases, Question};
use known::Known;
use packs::Shipped;
use value::Value;

/// What an engine says to a question: a set of findings, or that it fails.
pub(crate) type Answer = Result<Value, String>;
/// All that an engine says, by question. What it was not asked is not there.
pub(crate) type Answers = BTreeMap<Question, Answer>;

/// The differences between an engine and OPA, by rule: how many, and the first.
type Differences = BTreeMap<String, (usize, String)>;

/// What differs and nothing excuses. What is excused is counted where it is listed.
fn differences(
    engine: &str,
    cases: &Cases,
    reference: &Answers,
    answers: &Answers,
    known: &mut Known,
) -> Differences {
    let mut found = Differences::new();
    for (question, answer) in answers {
        let expected = &reference[question];
        let is_same = match (expected, answer) {
            (Ok(expected), Ok(answer)) => expected == answer,
            (Err(_), Err(_)) => true,
            (Ok(_), Err(_)) | (Err(_), Ok(_)) => false,
        };
        if is_same
            || known.excuse(
                engine,
                &question.rule,
                answer.as_ref().err(),
                &cases.text(question),
            )
        {
            continue;
        }
        let first = || {
            let input = cases.text(question);
            (
                0,
                format!("OPA: {expected:?}\nthis: {answer:?}\ninput: {input}"),
            )
        };
        found.entry(question.rule.clone()).or_insert_with(first).0 += 1;
    }
    found
}

#[test]
fn four_engines_find_the_same() {
    let opa = packs::opa();
    let shipped = Shipped::read(&opa);
    let cases = Cases::of(&shipped);
    println!(
        "{} packs, {} rules, {} examples, {} inputs that earlier runs found, {} generated previews of {} resources; {} questions",
        shipped.packs.len(),
        shipped.rules.len(),
        cases.examples,
        cases.found,
        cases.previews,
        cases.generated,
        cases.questions.len()
    );
    let (reference, others, left_out, judged) = std::thread::scope(|scope| {
        let regorus = scope.spawn(|| timed("regorus", || engines::regorus(&shipped, &cases)));
        let opa_wasm =
            scope.spawn(|| timed("opa-wasm", || engines::opa_wasm(&shipped, &cases, &opa)));
        let host = scope.spawn(|| timed("lightsout's host", || engines::host(&shipped, &cases)));
        let judged = scope.spawn(|| {
            timed("lightsout, as a run asks it", || {
                ours::judge(&shipped, &cases)
            })
        });
        let reference = timed("OPA", || engines::opa(&opa, &shipped, &cases));
        let (opa_wasm, left_out) = opa_wasm.join().unwrap();
        let others = [
            ("lightsout", host.join().unwrap()),
            ("regorus", regorus.join().unwrap()),
            ("opa-wasm", opa_wasm),
        ];
        let judged = judged.join().unwrap();
        (reference, others, left_out, judged)
    });
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

    let mut known = Known::read();
    let mut complaints = Vec::new();
    for (engine, answers) in &others {
        println!("{engine}: {} answers compared", answers.len());
        let different = differences(engine, &cases, &reference, answers, &mut known);
        complaints.extend(different.into_iter().map(|(rule, (count, first))| {
            format!("{engine}, {rule}, {count} times; first\n{first}")
        }));
        notices_what_is_altered(&cases, &reference, answers);
    }
    complaints.extend(known.told());
    for (why, count) in left_out {
        println!("opa-wasm: {count} questions left out: {why}");
    }
    let judged = ours::without_known(&cases, judged, &known);
    let (compared, wrong) = ours::compare(&shipped, &cases, &reference, &judged);
    println!("lightsout, as a run asks it: {compared} answers compared");
    complaints.extend(wrong);
    ours::notices_what_is_altered(&shipped, &cases, &reference, judged);
    assert!(complaints.is_empty(), "{}", complaints.join("\n\n"));
}

/// Does something, and says how long it took.
fn timed<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let begin = std::time::Instant::now();
    let result = work();
    println!("{what}: {:.1} s", begin.elapsed().as_secs_f64());
    result
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
        let differences =
            |altered: &Answers| differences("", cases, reference, altered, &mut Known::default());
        assert_eq!(differences(&altered).len(), 1, "{question:?}");
        altered.insert(question.clone(), answer.clone());
        assert!(differences(&altered).is_empty());
    }
}
