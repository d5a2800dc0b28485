//! Globs: their metacharacters, and whether two of the kind that `regex.globs_match` knows have a text in common.

use super::{Builtin, Failure, Term, text};

pub(super) const BUILTINS: &[(&str, Builtin)] = &[
    ("glob.quote_meta", quote_meta),
    ("regex.globs_match", globs_match),
];

/// LIMIT: pairs of places that are looked at; a pair costs a comparison of two sets of characters.
const PAIRS_MAX: usize = 1 << 20;

fn quote_meta(arguments: &[Term]) -> Result<Term, Failure> {
    let mut out = String::new();
    for c in text(arguments, 0)?.chars() {
        if matches!(c, '*' | '?' | '\\' | '[' | ']' | '{' | '}' | ',') {
            out.push('\\');
        }
        out.push(c);
    }
    Ok(out.into())
}

/// One place of a glob.
struct Place {
    characters: Characters,
    /// It may be repeated.
    repeats: bool,
    /// It may be absent.
    optional: bool,
}

enum Characters {
    Any,
    /// Ranges, both ends included.
    Some(Vec<(char, char)>),
}

impl Characters {
    fn overlap(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Any, Self::Any) => true,
            (Self::Any, Self::Some(ranges)) | (Self::Some(ranges), Self::Any) => !ranges.is_empty(),
            (Self::Some(a), Self::Some(b)) => a
                .iter()
                .any(|(from, to)| b.iter().any(|(first, last)| from <= last && first <= to)),
        }
    }
}

/// Whether a text that is not empty fits both globs.
fn globs_match(arguments: &[Term]) -> Result<Term, Failure> {
    let (a, b) = (glob(text(arguments, 0)?)?, glob(text(arguments, 1)?)?);
    let width = b.len().saturating_add(1);
    if a.len().saturating_add(1).saturating_mul(width) > PAIRS_MAX {
        return Err(Failure::NotOffered("the globs are too long".to_owned()));
    }
    // Pairs of places that some text reaches, and whether it is still the empty one.
    let mut seen = std::collections::BTreeSet::new();
    let mut open = vec![(0_usize, 0_usize, true)];
    while let Some(state @ (at, other, empty)) = open.pop() {
        if !seen.insert(state) {
            continue;
        }
        let (left, right) = (a.get(at), b.get(other));
        if left.is_none() && right.is_none() && !empty {
            return Ok(true.into());
        }
        if left.is_some_and(|place| place.optional) {
            open.push((at.saturating_add(1), other, empty));
        }
        if right.is_some_and(|place| place.optional) {
            open.push((at, other.saturating_add(1), empty));
        }
        if let (Some(left), Some(right)) = (left, right)
            && left.characters.overlap(&right.characters)
        {
            let next = |at: usize, place: &Place| {
                let here = place.repeats.then_some(at);
                [Some(at.saturating_add(1)), here].into_iter().flatten()
            };
            for at in next(at, left) {
                open.extend(next(other, right).map(|other| (at, other, false)));
            }
        }
    }
    Ok(false.into())
}

fn glob(text: &str) -> Result<Vec<Place>, Failure> {
    let mut rest = text.chars().peekable();
    let mut places = Vec::new();
    while let Some(c) = rest.next() {
        let characters = match c {
            '.' => Characters::Any,
            '[' => Characters::Some(set(&mut rest)?),
            ']' | '+' | '*' => return Err(Failure::Undefined),
            '\\' => one(rest.next().ok_or(Failure::Undefined)?),
            c => one(c),
        };
        let flag = rest.next_if(|c| matches!(c, '+' | '*'));
        places.push(Place {
            characters,
            repeats: flag.is_some(),
            optional: flag == Some('*'),
        });
    }
    Ok(places)
}

fn one(c: char) -> Characters {
    Characters::Some(vec![(c, c)])
}

/// What stands between brackets; there is no negation.
fn set(rest: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Result<Vec<(char, char)>, Failure> {
    let mut ranges = Vec::new();
    let mut before = None;
    loop {
        let c = rest.next().ok_or(Failure::Undefined)?;
        match c {
            ']' => return Ok(ranges),
            '-' => {
                let from = before.take().ok_or(Failure::Undefined)?;
                let to = match rest.next() {
                    Some('\\') => rest.next(),
                    Some(']' | '-') | None => None,
                    Some(c) => Some(c),
                };
                let to = to.filter(|to| from <= *to && rest.peek().is_some());
                ranges.push((from, to.ok_or(Failure::Undefined)?));
            }
            c => {
                let c = if c == '\\' { rest.next() } else { Some(c) };
                let c = c.ok_or(Failure::Undefined)?;
                ranges.push((c, c));
                before = Some(c);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;

    #[test]
    fn globs_have_a_text_in_common_or_not() {
        let both = |a: &str, b: &str, expect: &str| {
            let arguments = serde_json::json!([a, b]).to_string();
            check("regex.globs_match", &arguments, expect);
        };
        both("a.a.[0-9]+z", ".b.b2359825792*594823z", "true");
        both("[a-z]+", "[0-9]*", "false");
        both("[a-z]*", "[0-9]*", "false");
        both("a*b*", "b+", "true");
        both(r"[a-z]+\[[0-9]+\]", r"foo\[1\]", "true");
        both("pqrs]", "[a-b]+", "undefined");
        both("[b-a]", "a", "undefined");
        both("*a", "a", "undefined");
    }

    #[test]
    fn metacharacters_are_quoted() {
        check(
            "glob.quote_meta",
            r#"["a*.{b,c}[d]?"]"#,
            r#""a\\*.\\{b\\,c\\}\\[d\\]\\?""#,
        );
    }
}
