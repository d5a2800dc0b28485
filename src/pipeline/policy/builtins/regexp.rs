//! Regular expressions, as Go's package finds with them.
//!
//! LIMIT: the crate's own limit on a compiled expression's size; one that passes it is not offered.

mod syntax;

use regex::{Captures, Regex};

use super::{Builtin, Failure, Term, integer, text, weight};

pub(super) const BUILTINS: &[(&str, Builtin)] = &[
    ("regex.find_n", find_n),
    ("regex.replace", replace),
    ("regex.split", split),
    ("regex.template_match", template_match),
];

/// LIMIT: bytes of an expression.
const PATTERN_BYTES_MAX: usize = 64 << 10;

fn find_n(arguments: &[Term]) -> Result<Term, Failure> {
    let expression = compile(text(arguments, 0)?)?;
    let found = expression.find_iter(text(arguments, 1)?);
    let found = found.map(|found| Term::from(found.as_str()));
    Ok(match usize::try_from(integer(arguments, 2)?) {
        Ok(limit) => found.take(limit).collect(),
        Err(_) => found.collect(),
    })
}

fn split(arguments: &[Term]) -> Result<Term, Failure> {
    let (pattern, text) = (text(arguments, 0)?, text(arguments, 1)?);
    let expression = compile(pattern)?;
    let mut parts = Vec::new();
    let (mut begin, mut end) = (0, 0);
    let part = |from: usize, to: usize| Term::from(text.get(from..to).unwrap_or(""));
    if !pattern.is_empty() && text.is_empty() {
        return Ok(Term::Array(vec![text.into()]));
    }
    for found in expression.find_iter(text) {
        end = found.start();
        // What matches nothing at the very beginning splits nothing off.
        if found.end() != 0 {
            parts.push(part(begin, end));
        }
        begin = found.end();
    }
    if end != text.len() {
        parts.push(part(begin, text.len()));
    }
    Ok(Term::Array(parts))
}

fn replace(arguments: &[Term]) -> Result<Term, Failure> {
    let (text_, pattern, template) = (
        text(arguments, 0)?,
        text(arguments, 1)?,
        text(arguments, 2)?,
    );
    let expression = compile(pattern)?;
    let (mut out, mut end) = (String::new(), 0);
    for found in expression.captures_iter(text_) {
        let (from, to) = found
            .get(0)
            .map_or((end, end), |all| (all.start(), all.end()));
        out.push_str(text_.get(end..from).unwrap_or(""));
        expand(&mut out, template, &found)?;
        end = to;
    }
    out.push_str(text_.get(end..).unwrap_or(""));
    Ok(out.into())
}

/// Go's templates: `$1`, `$name`, `${name}`, `$$`; a group that is not there is empty.
fn expand(out: &mut String, template: &str, found: &Captures<'_>) -> Result<(), Failure> {
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('$') {
        out.push_str(before);
        if let Some(after) = after.strip_prefix('$') {
            out.push('$');
            rest = after;
            continue;
        }
        let (name, behind) = match after.strip_prefix('{') {
            Some(inside) => inside.split_once('}').unwrap_or(("", "")),
            None => {
                let end = after.find(|c: char| !(c == '_' || c.is_alphanumeric()));
                let end = end.unwrap_or(after.len());
                after.split_at_checked(end).unwrap_or(("", after))
            }
        };
        let named = !name.is_empty() && name.chars().all(|c| c == '_' || c.is_alphanumeric());
        if !named {
            out.push('$');
            rest = after;
            continue;
        }
        let digits = name.bytes().all(|byte| byte.is_ascii_digit());
        let group = if digits && !(name.len() > 1 && name.starts_with('0')) {
            name.parse().map_or(None, |number: usize| found.get(number))
        } else {
            found.name(name)
        };
        let group = group.map_or("", |group| group.as_str());
        weight::add(out.len(), group.len())?;
        out.push_str(group);
        rest = behind;
    }
    weight::add(out.len(), rest.len())?;
    out.push_str(rest);
    Ok(())
}

/// A text with expressions between two delimiters; all of it must match.
fn template_match(arguments: &[Term]) -> Result<Term, Failure> {
    let (template, text_) = (text(arguments, 0)?, text(arguments, 1)?);
    let (open, close) = (delimiter(arguments, 2)?, delimiter(arguments, 3)?);
    let mut pattern = String::from("^");
    let (mut level, mut plain, mut inside) = (0_usize, String::new(), String::new());
    for c in template.chars() {
        if c == open {
            level = level.saturating_add(1);
            if level == 1 {
                pattern.push_str(&quote_meta(&plain));
                plain.clear();
                continue;
            }
        } else if c == close {
            level = level.checked_sub(1).ok_or(Failure::Undefined)?;
            if level == 0 {
                compile(&format!("^{inside}$"))?;
                pattern.push_str(&format!("({inside})"));
                inside.clear();
                continue;
            }
        }
        if level == 0 { &mut plain } else { &mut inside }.push(c);
    }
    if level > 0 {
        return Err(Failure::Undefined);
    }
    pattern.push_str(&quote_meta(&plain));
    pattern.push('$');
    Ok(compile(&pattern)?.is_match(text_).into())
}

fn delimiter(arguments: &[Term], at: usize) -> Result<char, Failure> {
    let mut characters = text(arguments, at)?.chars();
    match (characters.next(), characters.next()) {
        (Some(c), None) if c.is_ascii() => Ok(c),
        _ => Err(Failure::Undefined),
    }
}

fn quote_meta(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if r"\.+*?()|[]{}^$".contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

fn compile(pattern: &str) -> Result<Regex, Failure> {
    if pattern.len() > PATTERN_BYTES_MAX {
        let why = format!("an expression over {PATTERN_BYTES_MAX} bytes is not offered");
        return Err(Failure::NotOffered(why));
    }
    let translated = syntax::translate(pattern).ok_or(Failure::Undefined)?;
    match Regex::new(&translated) {
        Ok(expression) => Ok(expression),
        Err(regex::Error::CompiledTooBig(_)) => Err(Failure::NotOffered(
            "an expression so large is not offered".to_owned(),
        )),
        // Not an expression in either syntax.
        Err(_) => Err(Failure::Undefined),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{call, check};
    use super::*;

    #[track_caller]
    fn answers(name: &str, arguments: serde_json::Value, expect: &str) {
        check(name, &arguments.to_string(), expect);
    }

    #[test]
    fn parts_are_found_split_and_replaced() {
        use serde_json::json;
        answers(
            "regex.find_n",
            json!(["a.", "paranormal", 2]),
            r#"["ar","an"]"#,
        );
        answers(
            "regex.find_n",
            json!(["a*", "baaau", -1]),
            r#"["","aaa",""]"#,
        );
        answers(
            "regex.split",
            json!(["a", "banana",]),
            r#"["b","n","n",""]"#,
        );
        answers("regex.split", json!(["", "aé"]), r#"["a","é"]"#);
        answers("regex.split", json!(["x*", "axb"]), r#"["a","b"]"#);
        answers("regex.split", json!(["a", ""]), r#"[""]"#);
        answers(
            "regex.replace",
            json!(["-ab-axxb-", "a(x*)b", "${1}W$1$2"]),
            r#""-W-xxWxx-""#,
        );
        answers("regex.replace", json!(["ab", "a", "$1W$$$"]), r#""$$b""#);
        answers("regex.replace", json!(["foo", "^[a-z]", "F"]), r#""Foo""#);
        answers("regex.replace", json!(["foo", "(", "F"]), "undefined");
    }

    #[test]
    fn a_replacement_without_end_is_not_offered() {
        let many = "a".repeat(1 << 12);
        for (pattern, template) in [("a", many.as_str()), ("a+", &"$0".repeat(1 << 12))] {
            let arguments = serde_json::json!([many, pattern, template]).to_string();
            let answer = call("regex.replace", &arguments);
            assert!(matches!(answer, Err(Failure::NotOffered(_))), "{pattern}");
        }
    }

    #[test]
    fn templates_match_as_a_whole() {
        let matches = |template: &str, text: &str, expect: &str| {
            answers(
                "regex.template_match",
                serde_json::json!([template, text, "{", "}"]),
                expect,
            );
        };
        matches("urn:foo:{.*}", "urn:foo:bar", "true");
        matches("urn.foo:{[a-z]{2}}", "urn.foo:ab", "true");
        matches("urn.foo:{[a-z]{2}}", "urnxfoo:ab", "false");
        matches("urn:{", "urn:", "undefined");
        matches("urn:}", "urn:", "undefined");
    }

    #[test]
    fn gos_syntax_means_what_it_means_in_go() {
        let matches =
            |pattern: &str, text: &str| compile(pattern).map(|found| found.is_match(text));
        assert_eq!(matches(r"^\d$", "٣"), Ok(false));
        assert_eq!(matches(r"^[\w-]$", "é"), Ok(false));
        assert_eq!(matches(r"^[\D]$", "é"), Ok(true));
        assert_eq!(matches(r"^[[a&&b]$", "&"), Ok(true));
        assert_eq!(matches(r"^\Qa.b\E$", "a.b"), Ok(true));
        assert_eq!(matches(r"^\101$", "A"), Ok(true));
        assert_eq!(matches(r"^[[:alpha:]]$", "a"), Ok(true));
        assert_eq!(matches("^(?i:é)$", "É"), Ok(true));
        assert_eq!(matches("^(?P<x>a)(?<y>b)a??$", "ab"), Ok(true));
        assert_eq!(matches(r"^\x{e9}\p{Greek}[\x{e9}]$", "éΩé"), Ok(true));
        assert_eq!(matches("^a{$", "a{"), Ok(true));
        assert_eq!(matches("^a{2}?}$", "aa}"), Ok(true));
        for pattern in [
            "a{1001}", "a*{2}", "a{2}{3}", "a{3,2}", r"\1", "a**", "a+*", "(?x)a", r"\Z", "a(?=b)",
            "[", "[b-a]", "a???", r"\y",
        ] {
            assert_eq!(matches(pattern, ""), Err(Failure::Undefined), "{pattern}");
        }
    }
}
