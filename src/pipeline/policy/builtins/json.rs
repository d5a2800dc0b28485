//! Values as JSON, in the form that Go gives it.

use std::collections::BTreeMap;

use base64::Engine as _;

use super::{Builtin, Failure, Term, text, weight};

pub(super) const BUILTINS: &[(&str, Builtin)] = &[
    ("base64url.encode_no_pad", base64url_encode_no_pad),
    ("json.marshal_with_options", marshal_with_options),
];

/// A value of JSON: sets are arrays in Rego's order, and every key is a text.
#[derive(Debug, Clone)]
pub(super) enum Json {
    Plain(String),
    Text(String),
    Array(Vec<Self>),
    Object(BTreeMap<String, Self>),
}

pub(super) fn from(term: &Term) -> Json {
    match term {
        Term::Null | Term::Bool(_) | Term::Number(_) => Json::Plain(term.to_string()),
        Term::String(text) => Json::Text(text.clone()),
        Term::Array(items) => Json::Array(items.iter().map(from).collect()),
        Term::Set(items) => Json::Array(items.iter().map(from).collect()),
        Term::Object(members) => {
            let members = members.iter();
            Json::Object(
                members
                    .map(|(key, value)| (name(key), from(value)))
                    .collect(),
            )
        }
    }
}

/// A key that is no text is written as its JSON.
fn name(key: &Term) -> String {
    match from(key) {
        Json::Text(text) => text,
        other @ (Json::Plain(_) | Json::Array(_) | Json::Object(_)) => {
            let mut out = String::new();
            write(&mut out, &other, None, "");
            out
        }
    }
}

/// How a value is spread over lines: what each begins with, and what a level adds.
#[derive(Debug, Clone, Copy)]
struct Pretty<'a> {
    indent: &'a str,
}

/// Writes a value; `line` is what a new line begins with.
fn write(out: &mut String, value: &Json, pretty: Option<Pretty<'_>>, line: &str) {
    match value {
        Json::Plain(text) => out.push_str(text),
        Json::Text(text) => quote(out, text),
        Json::Array(items) => {
            let items: Vec<(Option<&str>, &Json)> = items.iter().map(|item| (None, item)).collect();
            list(out, ('[', ']'), &items, pretty, line);
        }
        Json::Object(members) => {
            let members = members.iter();
            let members: Vec<(Option<&str>, &Json)> = members
                .map(|(key, value)| (Some(key.as_str()), value))
                .collect();
            list(out, ('{', '}'), &members, pretty, line);
        }
    }
}

fn list(
    out: &mut String,
    (open, close): (char, char),
    entries: &[(Option<&str>, &Json)],
    pretty: Option<Pretty<'_>>,
    line: &str,
) {
    out.push(open);
    let inner = pretty.map(|pretty| format!("{line}{}", pretty.indent));
    for (at, (key, value)) in entries.iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        if let Some(inner) = &inner {
            out.push('\n');
            out.push_str(inner);
        }
        if let Some(key) = key {
            quote(out, key);
            out.push_str(if pretty.is_some() { ": " } else { ":" });
        }
        write(out, value, pretty, inner.as_deref().unwrap_or(line));
    }
    if pretty.is_some() && !entries.is_empty() {
        out.push('\n');
        out.push_str(line);
    }
    out.push(close);
}

/// Go's JSON can stand in HTML.
fn quote(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\0'..='\u{1f}' => {
                out.push_str(&format!("\\u{:04x}", u32::from(c)));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

fn marshal_with_options(arguments: &[Term]) -> Result<Term, Failure> {
    let [value, Term::Object(options)] = arguments else {
        return Err(Failure::Undefined);
    };
    let (mut prefix, mut indent, mut pretty) = ("", "\t", None);
    let mut implied = false;
    for (key, value) in options {
        match (key.as_str(), value) {
            (Some("prefix"), Term::String(text)) => (prefix, implied) = (text, true),
            (Some("indent"), Term::String(text)) => (indent, implied) = (text, true),
            (Some("pretty"), Term::Bool(truth)) => pretty = Some(*truth),
            (_, _) => return Err(Failure::Undefined),
        }
    }
    let (mut out, value) = (String::new(), from(value));
    if pretty.unwrap_or(implied) {
        let (lines, levels) = breaks(&value, 0);
        let blank = lines.saturating_mul(prefix.len().saturating_add(1));
        weight::add(blank, levels.saturating_mul(indent.len()))?;
        out.push_str(prefix);
        write(&mut out, &value, Some(Pretty { indent }), prefix);
    } else {
        write(&mut out, &value, None, "");
    }
    Ok(out.into())
}

/// How many lines a value begins when it is spread over lines, and how many levels these are indented together.
fn breaks(value: &Json, level: usize) -> (usize, usize) {
    let inner = level.saturating_add(1);
    let entries: Vec<&Json> = match value {
        Json::Plain(_) | Json::Text(_) => return (0, 0),
        Json::Array(items) => items.iter().collect(),
        Json::Object(members) => members.values().collect(),
    };
    let last = if entries.is_empty() {
        (0, 0)
    } else {
        (1, level)
    };
    entries.into_iter().fold(last, |(lines, levels), entry| {
        let (more, deeper) = breaks(entry, inner);
        let lines = lines.saturating_add(more).saturating_add(1);
        (lines, levels.saturating_add(deeper).saturating_add(inner))
    })
}

fn base64url_encode_no_pad(arguments: &[Term]) -> Result<Term, Failure> {
    let engine = base64::engine::general_purpose::URL_SAFE_NO_PAD;
    Ok(engine.encode(text(arguments, 0)?).into())
}

#[cfg(test)]
mod tests {
    use super::super::tests::{call, check};
    use super::*;

    #[test]
    fn json_is_written_as_go_writes_it() {
        let marshal = |arguments: &str, expect: &str| {
            let expect = serde_json::Value::from(expect).to_string();
            check("json.marshal_with_options", arguments, &expect);
        };
        marshal(
            r#"[{"b":[1,{2}],"a":"<\u0001é>"},{}]"#,
            r#"{"a":"\u003c\u0001é\u003e","b":[1,[2]]}"#,
        );
        marshal(
            r#"[{"a":[1,{}],1:[]},{"pretty":true}]"#,
            "{\n\t\"1\": [],\n\t\"a\": [\n\t\t1,\n\t\t{}\n\t]\n}",
        );
        marshal(r#"[[1],{"prefix":"> ","indent":"-"}]"#, "> [\n> -1\n> ]");
        marshal(r#"[[1],{"prefix":"> ","pretty":false}]"#, "[1]");
        check("json.marshal_with_options", r#"[1,{"x":1}]"#, "undefined");
        check(
            "json.marshal_with_options",
            r#"[1,{"pretty":1}]"#,
            "undefined",
        );
    }

    #[test]
    fn an_indentation_that_repeats_without_end_is_not_offered() {
        let arguments = format!(r#"[[1,[2]],{{"indent":"{}"}}]"#, " ".repeat(2 << 20));
        let refused = matches!(
            call("json.marshal_with_options", &arguments),
            Err(Failure::NotOffered(_))
        );
        assert!(refused);
    }

    #[test]
    fn base64_without_padding() {
        check("base64url.encode_no_pad", r#"["a?>"]"#, r#""YT8-""#);
        check("base64url.encode_no_pad", r#"["a"]"#, r#""YQ""#);
    }
}
