//! Texts.

use super::super::sprintf;
use super::{Builtin, Failure, Term, integer, text};

pub(super) const BUILTINS: &[(&str, Builtin)] = &[
    ("indexof_n", indexof_n),
    ("sprintf", sprintf),
    ("strings.any_prefix_match", any_prefix_match),
    ("strings.any_suffix_match", any_suffix_match),
    ("strings.count", count),
    ("strings.split_n", split_n),
];

fn sprintf(arguments: &[Term]) -> Result<Term, Failure> {
    let Some(Term::Array(values)) = arguments.get(1) else {
        return Err(Failure::Undefined);
    };
    Ok(sprintf::format(text(arguments, 0)?, values)?.into())
}

fn count(arguments: &[Term]) -> Result<Term, Failure> {
    let (text, part) = (text(arguments, 0)?, text(arguments, 1)?);
    Ok(text.matches(part).count().into())
}

/// Where a text is found, in characters; places may overlap.
fn indexof_n(arguments: &[Term]) -> Result<Term, Failure> {
    let (text, part) = (text(arguments, 0)?, text(arguments, 1)?);
    if part.is_empty() {
        return Err(Failure::Undefined);
    }
    let places = text.char_indices().enumerate();
    Ok(places
        .filter(|(_, (at, _))| text.get(*at..).is_some_and(|rest| rest.starts_with(part)))
        .map(|(index, _)| Term::from(index))
        .collect())
}

/// The first parts of a text, or the last ones where the number is negative.
fn split_n(arguments: &[Term]) -> Result<Term, Failure> {
    let (text, mark) = (text(arguments, 0)?, text(arguments, 1)?);
    let wanted = integer(arguments, 2)?;
    let parts: Vec<&str> = if mark.is_empty() {
        text.split("").filter(|part| !part.is_empty()).collect()
    } else {
        text.split(mark).collect()
    };
    let length = usize::try_from(wanted.unsigned_abs()).unwrap_or(usize::MAX);
    let skipped = if wanted < 0 {
        parts.len().saturating_sub(length)
    } else {
        0
    };
    let parts = parts.into_iter().skip(skipped).take(length);
    Ok(parts.map(Term::from).collect())
}

fn any_prefix_match(arguments: &[Term]) -> Result<Term, Failure> {
    any_match(arguments, |text, part| text.starts_with(part))
}

fn any_suffix_match(arguments: &[Term]) -> Result<Term, Failure> {
    any_match(arguments, |text, part| text.ends_with(part))
}

fn any_match(arguments: &[Term], fits: fn(&str, &str) -> bool) -> Result<Term, Failure> {
    let (texts, parts) = (texts(arguments.first())?, texts(arguments.get(1))?);
    let found = texts
        .iter()
        .any(|text| parts.iter().any(|part| fits(text, part)));
    Ok(found.into())
}

/// A text, or an array or a set of them.
fn texts(argument: Option<&Term>) -> Result<Vec<&str>, Failure> {
    let texts: Option<Vec<&str>> = match argument {
        Some(Term::String(text)) => return Ok(vec![text]),
        Some(Term::Array(items)) => items.iter().map(Term::as_str).collect(),
        Some(Term::Set(items)) => items.iter().map(Term::as_str).collect(),
        Some(Term::Null | Term::Bool(_) | Term::Number(_) | Term::Object(_)) | None => None,
    };
    texts.ok_or(Failure::Undefined)
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;

    #[test]
    fn occurrences_are_counted_without_overlaps() {
        check("strings.count", r#"["cheese","e"]"#, "3");
        check("strings.count", r#"["aaa","aa"]"#, "1");
        check("strings.count", r#"["aé",""]"#, "3");
        check("strings.count", r#"[1,"e"]"#, "undefined");
    }

    #[test]
    fn places_are_characters_and_overlap() {
        check("indexof_n", r#"["éaaa","aa"]"#, "[1,2]");
        check("indexof_n", r#"["a","b"]"#, "[]");
        check("indexof_n", r#"["a",""]"#, "undefined");
    }

    #[test]
    fn parts_are_taken_from_either_end() {
        check("strings.split_n", r#"["a.b.c",".",2]"#, r#"["a","b"]"#);
        check("strings.split_n", r#"["a.b.c",".",-2]"#, r#"["b","c"]"#);
        check("strings.split_n", r#"["a.b.c",".",0]"#, "[]");
        check("strings.split_n", r#"["aé","",9]"#, r#"["a","é"]"#);
        check("strings.split_n", r#"["a",".",1.5]"#, "undefined");
    }

    #[test]
    fn one_text_or_many_are_compared() {
        check("strings.any_prefix_match", r#"[["ab","c"],{"a"}]"#, "true");
        check("strings.any_prefix_match", r#"["ab","b"]"#, "false");
        check("strings.any_suffix_match", r#"["ab",["b"]]"#, "true");
        check("strings.any_suffix_match", r#"[[],["b"]]"#, "false");
        check("strings.any_suffix_match", r#"[["b"],[1]]"#, "undefined");
    }
}
