//! The table of patterns, in the order in which they are documented.
//!
//! INVARIANT: every `{part}` of a template has its slot, in order, in the row's builder; a test reads each documented example.

use super::token::Slot;
use super::{Kind, Literal, Path, Row, Step, Subject, Test, Value, kind_of};

/// Bytes of a doc string that is read as JSON.
const BLOCK_BYTES_MAX: usize = 64 * 1024;

/// One word, its plural, and the type tokens that it stands for (old tokens of the same thing included).
type ShortWord = (&'static str, &'static str, &'static [&'static str]);

macro_rules! row {
    ($template:literal, $meaning:literal, [$($slot:ident $name:ident),*] $make:expr) => {
        Row {
            template: $template,
            meaning: $meaning,
            make: |slots| {
                if let Ok([$(Slot::$slot($name)),*]) = <[Slot; row!(@count $($name)*)]>::try_from(slots) {
                    $make
                } else {
                    None
                }
            },
        }
    };
    (@count) => { 0 };
    (@count $head:ident $($tail:ident)*) => { 1 + row!(@count $($tail)*) };
}

pub(super) const INTRODUCTION: &str = "\
# What a scenario can say

A scenario is a list of steps about the deployed state of a fresh stack. `Given`, `When`, `Then`, `And`, `But` are the same to
the judge: every step must hold, and at least one must be a `Then`. Resources are those that a provider manages for the stack;
components and resources that are only read do not count. Properties are the outputs that the provider recorded. A step that
is not in this list fails its scenario, and so does a property that is absent, secret or unknown where a value is needed.
Tag a scenario `@critical` and it has a veto.
";

pub(super) const STEPS: &[Row<Step>] = &[
    row!(
        "the stack is deployed",
        "there is a stack with at least one resource",
        [] Some(Step::Deployed)
    ),
    row!("there is {quantity} {kind}", "so many resources of the kind", [Quantity n, Kind k] Some(Step::Count(n, k))),
    row!("there are {quantity} {kind}", "the same", [Quantity n, Kind k] Some(Step::Count(n, k))),
    row!("no {kind} exists", "there is none", [Kind k] Some(Step::Count(super::Quantity::Exactly(0), k))),
    row!(
        "there is {quantity} {kind} whose property {path} {test}",
        "so many of the kind pass the test; a value that cannot be read fails the step",
        [Quantity n, Kind k, Path p, Test t] Some(Step::CountWhere(n, k, p, t))
    ),
    row!(
        "there are {quantity} {kind} whose property {path} {test}",
        "the same",
        [Quantity n, Kind k, Path p, Test t] Some(Step::CountWhere(n, k, p, t))
    ),
    row!(
        "there are {quantity} resources in total",
        "so many resources of any kind, providers not counted",
        [Quantity n] Some(Step::Total(n))
    ),
    row!(
        "only resources of these types exist: {table}",
        "below it a table with the heading `type`; a resource of any other type fails",
        [Rows rows] kinds(rows).map(Step::OnlyKinds)
    ),
    row!("{subject} exists", "the subject is there", [Subject s] Some(Step::Exists(s))),
    row!("{subject} has property {path}", "the property is set", [Subject s, Path p] Some(Step::Property(s, p, Test::Set))),
    row!("{subject} has property {path} {test}", "the property passes the test", [Subject s, Path p, Test t] Some(Step::Property(s, p, t))),
    row!(
        "{subject} has property {path} as JSON at {path} {test}",
        "the property is text that holds JSON, such as a policy; what the second path leads to passes the test",
        [Subject s, Path p, Path at, Test t] Some(Step::Json(s, p, at, t))
    ),
    row!(
        "{subject} has these properties: {table}",
        "below it a table with the headings `property` and `value`; each is equal",
        [Subject s, Rows rows] pairs(rows, ["property", "value"])?
            .into_iter()
            .map(|(path, value)| Some((Path::parse(&path)?, value)))
            .collect::<Option<Vec<_>>>()
            .map(|pairs| Step::Properties(s, pairs))
    ),
    row!("{subject} has tag {text}", "the tag has a value", [Subject s, Text tag] Some(Step::Tag(s, tag, Test::Set))),
    row!("{subject} has tag {text} {test}", "the tag passes the test", [Subject s, Text tag, Test t] Some(Step::Tag(s, tag, t))),
    row!("{subject} has no tag {text}", "the tag is not there", [Subject s, Text tag] Some(Step::Untagged(s, tag))),
    row!(
        "{subject} has these tags: {table}",
        "below it a table with the headings `tag` and `value`; each is equal",
        [Subject s, Rows rows] pairs(rows, ["tag", "value"]).map(|pairs| Step::Tags(s, pairs))
    ),
    row!("{subject} is protected", "Pulumi's `protect` is on", [Subject s] Some(Step::Protected(s, true))),
    row!("{subject} is not protected", "Pulumi's `protect` is off", [Subject s] Some(Step::Protected(s, false))),
    row!("the output {text} {test}", "the stack's output passes the test", [Text name, Test t] Some(Step::Output(name, t))),
    row!(
        "for each {kind} there is a {kind} whose property {path} refers to it",
        "none of the first kind is without one of the second; there is at least one",
        [Kind each, Kind by, Path property] Some(Step::Related { each, by, property, and: None })
    ),
    row!(
        "for each {kind} there is a {kind} whose property {path} refers to it and whose property {path} {test}",
        "the same, and that one passes the test",
        [Kind each, Kind by, Path property, Path p, Test t] Some(Step::Related { each, by, property, and: Some((p, t)) })
    ),
];

pub(super) const SUBJECTS: &[Row<Subject>] = &[
    row!("the only {kind}", "there is exactly one of the kind, and that is meant", [Kind k] Some(Subject::Only(k))),
    row!(
        "the {kind} whose property {path} {test}",
        "exactly one of the kind passes the test, and that is meant",
        [Kind k, Path p, Test t] Some(Subject::Where(k, p, Box::new(t)))
    ),
    row!("the {kind} {text}", "the one of that kind with that Pulumi name", [Kind k, Text name] Some(Subject::Named(k, name))),
    row!("the resource {text} of type {text}", "the same", [Text name, Text k] Some(Subject::Named(kind_of(&k)?, name))),
    row!("each {kind}", "all of the kind; there is at least one", [Kind k] Some(Subject::Each(k))),
    row!("some {kind}", "at least one of the kind", [Kind k] Some(Subject::Some(k))),
];

pub(super) const KINDS: &[Row<Kind>] = &[
    row!("resource of type {text}", "a type token such as `aws:s3/bucket:Bucket` or `aws:s3:Bucket`, or a short word", [Text t] kind_of(&t)),
    row!("resources of type {text}", "the same", [Text t] kind_of(&t)),
];

/// The words that stand for types.
pub(super) const SHORT_WORDS: &[ShortWord] = &[
    (
        "bucket",
        "buckets",
        &["aws:s3/bucket:Bucket", "aws:s3/bucketV2:BucketV2"],
    ),
    (
        "object",
        "objects",
        &[
            "aws:s3/bucketObject:BucketObject",
            "aws:s3/bucketObjectv2:BucketObjectv2",
        ],
    ),
    (
        "public-access-block",
        "public-access-blocks",
        &["aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"],
    ),
    ("queue", "queues", &["aws:sqs/queue:Queue"]),
    ("topic", "topics", &["aws:sns/topic:Topic"]),
    ("table", "tables", &["aws:dynamodb/table:Table"]),
    ("role", "roles", &["aws:iam/role:Role"]),
    ("function", "functions", &["aws:lambda/function:Function"]),
    (
        "log-group",
        "log-groups",
        &["aws:cloudwatch/logGroup:LogGroup"],
    ),
    ("key", "keys", &["aws:kms/key:Key"]),
];

pub(super) const TESTS: &[Row<Test>] = &[
    row!("equal to {value}", "the same value", [Literal v] Some(Test::Equal(v))),
    row!("equals {value}", "the same", [Literal v] Some(Test::Equal(v))),
    row!("equal to the JSON: {doc-string}", "the same list or object, read from the doc string below the step", [Block b] json(&b).map(|v| Test::Equal(Literal::Json(v)))),
    row!("different from {value}", "there, and another value", [Literal v] Some(Test::Different(v))),
    row!("one of {values}", "equal to one of them", [Literals v] Some(Test::OneOf(v))),
    row!("matches {regex}", "the whole text fits the expression", [Regex r] Some(Test::Matches(r))),
    row!("matching {regex}", "the same", [Regex r] Some(Test::Matches(r))),
    row!("contains {value}", "the text holds that text, or the list that entry", [Literal v] Some(Test::Contains(v))),
    row!("containing {value}", "the same", [Literal v] Some(Test::Contains(v))),
    row!("at least {number}", "a number, or text that is one, and not less", [Number n] Some(Test::AtLeast(n))),
    row!("at most {number}", "a number, or text that is one, and not more", [Number n] Some(Test::AtMost(n))),
    row!("with {quantity} entries", "a list or object of that size", [Quantity n] Some(Test::Entries(n))),
    row!(
        "set",
        "there, and not null, nor empty text, list or object; a secret is set",
        [] Some(Test::Set)
    ),
    row!("not set", "the contrary of set", [] Some(Test::NotSet)),
    row!("secret", "marked as a secret", [] Some(Test::Secret)),
    row!("refers to {subject}", "the id, ARN, name or URN of one resource", [Subject s] target(s)),
    row!("referring to {subject}", "the same", [Subject s] target(s)),
];

/// Parts that are not tables of their own.
pub(super) const PARTS: &[(&str, &str)] = &[
    (
        "{quantity}",
        "`exactly 2`, `at least 1`, `at most 3` or `no`",
    ),
    (
        "{path}",
        "quoted: `\"logging.targetBucket\"`, `\"rules[0].status\"`, `\"tags['a.b']\"`; `[*]` is every entry of a list, and all of them must pass",
    ),
    (
        "{text}",
        "quoted text; `\\\"` is a quote, nothing else is an escape",
    ),
    (
        "{value}",
        "quoted text, equal to a text, or to a number or truth value written so; or a bare number, `true`, `false`, equal to that type only",
    ),
    ("{values}", "values with `,` or `or` between them"),
    ("{number}", "a bare number"),
    (
        "{regex}",
        "a quoted regular expression without look-around, for the whole text",
    ),
    ("{table}, {doc-string}", "what stands below the step"),
];

/// A reference leads to one resource; to all or to any would read as more than it tests.
fn target(subject: Subject) -> Option<Test> {
    match subject {
        Subject::Named(..) | Subject::Only(_) | Subject::Where(..) => {
            Some(Test::RefersTo(Box::new(subject)))
        }
        Subject::Each(_) | Subject::Some(_) => None,
    }
}

fn json(block: &str) -> Option<Value> {
    if block.len() > BLOCK_BYTES_MAX {
        return None;
    }
    match Value::parse(block.as_bytes()) {
        Ok(value @ (Value::List(_) | Value::Map(_))) => Some(value),
        Ok(Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::Opaque(_))
        | Err(_) => None,
    }
}

/// The rows below the heading; `None` without a row.
fn pairs(rows: Vec<Vec<String>>, heading: [&str; 2]) -> Option<Vec<(String, Literal)>> {
    let mut rows = rows.into_iter();
    if rows.next()? != heading {
        return None;
    }
    let pairs: Option<Vec<_>> = rows
        .map(|row| match <[String; 2]>::try_from(row) {
            Ok([key, value]) if !key.is_empty() => Some((key, Literal::Text(value))),
            Ok(_) | Err(_) => None,
        })
        .collect();
    pairs.filter(|pairs| !pairs.is_empty())
}

fn kinds(rows: Vec<Vec<String>>) -> Option<Vec<Kind>> {
    let mut rows = rows.into_iter();
    if rows.next()? != ["type"] {
        return None;
    }
    let kinds: Option<Vec<_>> = rows.map(|row| kind_of(row.first()?)).collect();
    kinds.filter(|kinds| !kinds.is_empty())
}
