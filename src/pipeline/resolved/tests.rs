use serde_json::json;

use super::*;
use crate::engine::wire::value::{Properties, Source, Value};
use crate::pipeline::policy::PropertyPath;

fn answered(rule: &str, name: &str, answer: Answer) -> Answered {
    let urn = format!("urn:pulumi:dev::site::my:index:Thing::{name}");
    Answered {
        rule: RuleId::new(rule).unwrap(),
        urn: Urn::new(urn).unwrap(),
        answer,
    }
}

#[test]
fn of_several_answers_the_worst_counts() {
    let update = |answers: &[Answered]| Resolved {
        answers: answers.to_vec(),
        ..Resolved::default()
    };
    let (a, b) = (
        |answer| answered("R-1", "a", answer),
        |answer| answered("R-1", "b", answer),
    );
    let updates = [
        update(&[a(Answer::Clean), b(Answer::Clean)]),
        update(&[a(Answer::Denied), b(Answer::Clean)]),
        update(&[a(Answer::NotAnswered), b(Answer::NotAnswered)]),
    ];
    assert_eq!(worst(&updates), [a(Answer::Denied), b(Answer::NotAnswered)]);
}

#[test]
fn secrets_keep_their_value_and_their_mark_unknowns_only_their_mark() {
    let text = |text: &str| Value::String(text.to_owned());
    let bag: Properties = [
        ("plain".to_owned(), Value::Number(3.0)),
        ("half".to_owned(), Value::Number(0.5)),
        ("none".to_owned(), Value::Number(f64::NAN)),
        ("secret".to_owned(), Value::Secret(Box::new(text("canary")))),
        (
            "list".to_owned(),
            Value::List(vec![text("known"), Value::Unknown]),
        ),
        (
            "output".to_owned(),
            Value::Output {
                value: None,
                secret: true,
                dependencies: Vec::new(),
            },
        ),
        (
            "file".to_owned(),
            Value::Asset {
                source: Source::Path("a.txt".to_owned()),
                hash: "00".to_owned(),
            },
        ),
    ]
    .into();
    let marked = Marked::of(&bag);
    assert_eq!(marked.values["plain"], json!(3));
    assert_eq!(marked.values["half"], json!(0.5));
    assert_eq!(marked.values["secret"], json!("canary"));
    assert_eq!(marked.values["list"], json!(["known", null]));
    assert_eq!(marked.values["file"]["path"], json!("a.txt"));
    let path = |json| serde_json::from_value::<PropertyPath>(json).unwrap();
    assert_eq!(
        marked.unknown,
        [
            path(json!(["list", 1])),
            path(json!(["none"])),
            path(json!(["output"]))
        ]
    );
    assert_eq!(
        marked.secret,
        [path(json!(["output"])), path(json!(["secret"]))]
    );
    assert!(!format!("{marked:?}").contains("canary"));
}
