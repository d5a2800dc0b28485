//! Values that nobody foresaw, made of values that somebody wrote: replaced, removed, of another kind, empty, nested, huge.

use serde_json::{Map, Value, json};

use super::random::Random;

/// Numbers that JSON can hold and `f64` cannot, or only just. In a [`Value`] they stand as a text with this before and after.
const NUMBER_MARK: &str = "\u{1}number\u{1}";
const NUMBERS: [&str; 8] = [
    "12345678901234567890123",
    "-9007199254740993",
    "18446744073709551616",
    "0.1000000000000000055511151231257827",
    "1e20",
    "-1.5E-7",
    "1.0",
    "1e300",
];

/// The JSON text of a value, with the marked numbers in it.
pub(crate) fn text(value: &Value) -> String {
    let mark = serde_json::to_string(NUMBER_MARK).unwrap();
    let mark = mark.trim_matches('"');
    let text = value.to_string();
    text.replace(&format!("\"{mark}"), "")
        .replace(&format!("{mark}\""), "")
}

/// Changes a value somewhere inside it. `others` are values that may stand in the place of any.
pub(crate) fn mutate(value: &mut Value, others: &[Value], random: &mut Random) {
    match value {
        Value::Object(members) if !members.is_empty() && !random.per_mille(80) => {
            let at = random.below(members.len());
            let key = members.keys().nth(at).unwrap().clone();
            match random.below(12) {
                0 => drop(members.remove(&key)),
                1 => {
                    members.insert((*random.pick(&KEYS)).to_owned(), any(others, random));
                }
                2 => {
                    let member = members.remove(&key).unwrap();
                    members.insert(odd_case(&key), member);
                }
                _ => mutate(&mut members[&key], others, random),
            }
        }
        Value::Array(items) if !items.is_empty() && !random.per_mille(80) => {
            let at = random.below(items.len());
            match random.below(8) {
                0 => drop(items.remove(at)),
                1 => items.push(any(others, random)),
                2 => items.insert(0, items[at].clone()),
                _ => mutate(&mut items[at], others, random),
            }
        }
        Value::Bool(flag) if random.per_mille(600) => *flag = !*flag,
        Value::String(text) if !text.starts_with(NUMBER_MARK) && random.per_mille(500) => {
            *text = odd_text(text, random)
        }
        Value::Number(number) if random.per_mille(500) => {
            let near = number
                .as_i64()
                .unwrap_or(0)
                .saturating_add([-1, 1, 10, -1000][random.below(4)]);
            *value = near.into();
        }
        Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::String(_)
        | Value::Array(_)
        | Value::Object(_) => {
            let old = value.take();
            *value = match random.below(6) {
                0 => Value::Array(vec![old]),
                1 => json!({"value": old}),
                // A document in a text, or what a text of JSON says.
                2 => match old.as_str().map(serde_json::from_str) {
                    Some(Ok(inside)) => inside,
                    Some(Err(_)) | None => old.to_string().into(),
                },
                _ => any(others, random),
            };
        }
    }
}

const KEYS: [&str; 6] = ["", "Statement", "a.b", "ключ", "inputs", "0"];

fn any(others: &[Value], random: &mut Random) -> Value {
    match random.below(12) {
        0 => Value::Null,
        1 => Value::Bool(random.per_mille(500)),
        2 => Value::Array(Vec::new()),
        3 => Value::Object(Map::new()),
        4 => "".into(),
        5 => (*random.pick(&TEXTS)).into(),
        6 => format!("{NUMBER_MARK}{}{NUMBER_MARK}", random.pick(&NUMBERS)).into(),
        7 => [0, 1, -1, 22, 65_535, 4_294_967_296_i64][random.below(6)].into(),
        8 => nested(random.below(12)),
        _ if others.is_empty() => Value::Null,
        _ => random.pick(others).clone(),
    }
}

const TEXTS: [&str; 12] = [
    "*",
    "0.0.0.0/0",
    "::/0",
    "10.0.0.0/33",
    "{\"Statement\":",
    "[]",
    "true",
    "22",
    "ÄÖ ü\u{0}\u{7f}",
    "𝔘𝔫𝔦 👩\u{200d}👩",
    "\\\"\n\t/",
    "arn:aws:iam::123456789012:root",
];

fn nested(depth: usize) -> Value {
    (0..depth).fold(json!("deep"), |inside, level| {
        if level % 2 == 0 {
            Value::Array(vec![inside])
        } else {
            json!({"a": inside})
        }
    })
}

fn odd_case(text: &str) -> String {
    let mut chars = text.chars();
    match chars.next() {
        Some(first) if first.is_lowercase() => first.to_uppercase().chain(chars).collect(),
        Some(first) => first.to_lowercase().chain(chars).collect(),
        None => String::new(),
    }
}

fn odd_text(text: &str, random: &mut Random) -> String {
    match random.below(6) {
        0 => odd_case(text),
        1 => text.to_uppercase(),
        2 => format!("{text} "),
        3 => format!("{text}é"),
        4 => text.chars().rev().collect(),
        _ => text.chars().take(text.chars().count() / 2).collect(),
    }
}
