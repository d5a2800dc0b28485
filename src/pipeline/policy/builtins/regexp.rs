//! Regular expressions in Go's syntax, which differs from that of the crate `regex` in what this module translates.
//!
//! LIMIT: the crate's own limit on a compiled expression's size; one that passes it is not offered.

use regex::{Captures, Regex};

use super::{Builtin, Failure, Term, integer, text};

pub(super) const BUILTINS: &[(&str, Builtin)] = &[
    ("regex.find_n", find_n),
    ("regex.replace", replace),
    ("regex.split", split),
    ("regex.template_match", template_match),
];

/// Go's own limit on a count.
const REPEATS_MAX: u32 = 1000;
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
    let replaced = expression.replace_all(text_, |found: &Captures<'_>| expand(template, found));
    Ok(replaced.as_ref().into())
}

/// Go's templates: `$1`, `$name`, `${name}`, `$$`; a group that is not there is empty.
fn expand(template: &str, found: &Captures<'_>) -> String {
    let mut out = String::new();
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
        out.push_str(group.map_or("", |group| group.as_str()));
        rest = behind;
    }
    out.push_str(rest);
    out
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
    let translated = translate(pattern).ok_or(Failure::Undefined)?;
    match Regex::new(&translated) {
        Ok(expression) => Ok(expression),
        Err(regex::Error::CompiledTooBig(_)) => Err(Failure::NotOffered(
            "an expression so large is not offered".to_owned(),
        )),
        // Not an expression in either syntax.
        Err(_) => Err(Failure::Undefined),
    }
}

/// An expression of Go as one of the crate; nothing where Go would refuse it and the crate would not.
fn translate(pattern: &str) -> Option<String> {
    let mut out = String::new();
    let mut rest = pattern;
    // What came before is a repetition, and whether it is a lazy one already.
    let mut repetition = None;
    while let Some(c) = rest.chars().next() {
        let after = rest.get(c.len_utf8()..)?;
        let repeats = match c {
            '*' | '+' | '?' => Some((after, 1)),
            '{' => counted(after)?,
            _ => None,
        };
        if let Some((behind, _)) = repeats {
            // A repetition of a repetition is an error in Go, but for the lazy mark.
            repetition = match repetition {
                None => Some(false),
                Some(false) if c == '?' => Some(true),
                Some(_) => return None,
            };
            out.push_str(rest.get(..rest.len().saturating_sub(behind.len()))?);
            rest = behind;
            continue;
        }
        repetition = None;
        rest = match c {
            '\\' => escape(&mut out, after, false)?,
            '[' => class(&mut out, after)?,
            '(' if after.starts_with('?') => {
                let known = |c: char| matches!(c, 'i' | 'm' | 's' | 'U' | '-');
                let flags = after.get(1..)?.trim_start_matches(known);
                if !flags.starts_with([':', ')', 'P', '<']) {
                    return None;
                }
                out.push_str("(?");
                after.get(1..)?
            }
            '{' | '}' => {
                out.push('\\');
                out.push(c);
                after
            }
            c => {
                out.push(c);
                after
            }
        };
    }
    Some(out)
}

/// What follows a count like `{2,3}`, and its largest number; no count where the brace is a sign like any other. Nothing for one
/// that Go refuses.
#[expect(
    clippy::option_option,
    reason = "a brace that begins no count is not a mistake"
)]
fn counted(rest: &str) -> Option<Option<(&str, u32)>> {
    let Some((inside, behind)) = rest.split_once('}') else {
        return Some(None);
    };
    let (least, most) = inside.split_once(',').unwrap_or((inside, inside));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if least.is_empty() || !digits(least) || !digits(most) {
        return Some(None);
    }
    let number = |text: &str| {
        text.parse::<u32>()
            .map_or(None, |count| (count <= REPEATS_MAX).then_some(count))
    };
    let least = number(least)?;
    let most = if most.is_empty() {
        least
    } else {
        number(most)?
    };
    (least <= most).then_some(Some((behind, most)))
}

/// What a backslash makes of what follows; gives what is left.
fn escape<'a>(out: &mut String, rest: &'a str, in_class: bool) -> Option<&'a str> {
    let c = rest.chars().next()?;
    let after = rest.get(c.len_utf8()..)?;
    let ranges = match c.to_ascii_lowercase() {
        'd' => "0-9",
        's' => r"\t\n\f\r ",
        'w' => "0-9A-Za-z_",
        _ => "",
    };
    match c {
        'd' | 's' | 'w' if in_class => out.push_str(ranges),
        'd' | 's' | 'w' => out.push_str(&format!("[{ranges}]")),
        'D' | 'S' | 'W' => out.push_str(&format!("[^{ranges}]")),
        'b' | 'B' if !in_class => out.push_str(&format!(r"(?-u:\{c})")),
        'Q' => {
            let (plain, behind) = after.split_once(r"\E").unwrap_or((after, ""));
            out.push_str(&regex::escape(plain));
            return Some(behind);
        }
        '0'..='7' => {
            let digits = rest
                .bytes()
                .take(3)
                .take_while(|byte| matches!(byte, b'0'..=b'7'));
            let length = digits.count();
            if c != '0' && length < 2 {
                return None;
            }
            let (digits, behind) = rest.split_at_checked(length)?;
            let code = u32::from_str_radix(digits, 8).map_or(None, Some)?;
            out.push_str(&format!(r"\x{{{code:x}}}"));
            return Some(behind);
        }
        'A' | 'z' if !in_class => out.push_str(&format!(r"\{c}")),
        'x' | 'p' | 'P' if after.starts_with('{') => {
            let (inside, behind) = after.split_once('}')?;
            out.push_str(&format!(r"\{c}{inside}}}"));
            return Some(behind);
        }
        'a' | 'f' | 't' | 'n' | 'r' | 'v' | 'x' | 'p' | 'P' => out.push_str(&format!(r"\{c}")),
        c if c.is_ascii_punctuation() => out.push_str(&regex::escape(&c.to_string())),
        _ => return None,
    }
    Some(after)
}

/// What stands between brackets: the crate nests and combines classes, Go takes the same signs for themselves.
fn class<'a>(out: &mut String, rest: &'a str) -> Option<&'a str> {
    out.push('[');
    let mut rest = rest;
    if let Some(after) = rest.strip_prefix('^') {
        out.push('^');
        rest = after;
    }
    let mut first = true;
    loop {
        let c = rest.chars().next()?;
        let after = rest.get(c.len_utf8()..)?;
        rest = match c {
            ']' if !first => {
                out.push(']');
                return Some(after);
            }
            '[' if after.starts_with(':') => {
                let (name, behind) = after.get(1..)?.split_once(":]")?;
                out.push_str(&format!("[:{name}:]"));
                behind
            }
            '\\' => escape(out, after, true)?,
            ']' | '[' | '&' | '~' => {
                out.push('\\');
                out.push(c);
                after
            }
            '-' if first || after.starts_with(']') => {
                out.push_str(r"\-");
                after
            }
            c => {
                out.push(c);
                after
            }
        };
        first = false;
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;
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
