//! Globs: their metacharacters, and whether two of the kind that `regex.globs_match` knows have a text in common.
//!
//! The second is decided as the library decides it that OPA uses, which is stricter than the words: it finds nothing in common
//! between `a*b*` and `a`, because what follows a repetition must come.

use super::{Builtin, Failure, Term, text};

pub(super) const BUILTINS: &[(&str, Builtin)] = &[
    ("glob.quote_meta", quote_meta),
    ("regex.globs_match", globs_match),
];

/// LIMIT: comparisons of two places; globs that need more are not offered.
const STEPS_MAX: usize = 1 << 20;

fn quote_meta(arguments: &[Term]) -> Result<Term, Failure> {
    let mut out = String::new();
    for c in text(arguments, 0)?.chars() {
        if matches!(c, '*' | '?' | '\\' | '[' | ']' | '{' | '}') {
            out.push('\\');
        }
        out.push(c);
    }
    Ok(out.into())
}

/// One place of a glob.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Place {
    characters: Characters,
    repeats: Repeats,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Repeats {
    Not,
    /// Once or more.
    Plus,
    /// Any number of times.
    Star,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Characters {
    Any,
    /// Ranges in order, both ends included.
    Some(Vec<(char, char)>),
}

impl Characters {
    fn overlap(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Any, _) | (_, Self::Any) => true,
            (Self::Some(a), Self::Some(b)) => a
                .iter()
                .any(|(from, to)| b.iter().any(|(first, last)| from <= last && first <= to)),
        }
    }
}

/// Whether a text fits both globs.
fn globs_match(arguments: &[Term]) -> Result<Term, Failure> {
    let (a, b) = (glob(text(arguments, 0)?)?, glob(text(arguments, 1)?)?);
    let mut search = Search { steps: 0 };
    let found = match trimmed(&a, &b) {
        Some((a, b)) => search.plain(a, b)?,
        None => false,
    };
    Ok(found.into())
}

/// The globs without what they both begin and end with, one place of it left; nothing where these parts differ.
fn trimmed<'a>(a: &'a [Place], b: &'a [Place]) -> Option<(&'a [Place], &'a [Place])> {
    let same = |(a, b): &(&Place, &Place)| {
        let plain = a.repeats == Repeats::Not && b.repeats == Repeats::Not;
        plain.then(|| a.characters.overlap(&b.characters))
    };
    let count = |answers: &mut dyn Iterator<Item = Option<bool>>| {
        let mut count = 0_usize;
        for answer in answers.map_while(|answer| answer) {
            if !answer {
                return None;
            }
            count = count.saturating_add(1);
        }
        Some(count.saturating_sub(1))
    };
    let first = count(&mut a.iter().zip(b).map(|pair| same(&pair)))?;
    let (a, b) = (a.get(first..)?, b.get(first..)?);
    let last = count(&mut a.iter().rev().zip(b.iter().rev()).map(|pair| same(&pair)))?;
    let end = |places: &[Place]| places.len().saturating_sub(last);
    Some((a.get(..end(a))?, b.get(..end(b))?))
}

struct Search {
    steps: usize,
}

impl Search {
    fn step(&mut self) -> Result<(), Failure> {
        self.steps = self.steps.saturating_add(1);
        if self.steps > STEPS_MAX {
            return Err(Failure::NotOffered("the globs are too long".to_owned()));
        }
        Ok(())
    }

    /// Place by place, until one repeats.
    fn plain(&mut self, a: &[Place], b: &[Place]) -> Result<bool, Failure> {
        let (mut left, mut right) = (a, b);
        while let (Some((first, a)), Some((second, b))) = (left.split_first(), right.split_first())
        {
            self.step()?;
            match (first.repeats, second.repeats) {
                (Repeats::Not, Repeats::Not) if first.characters.overlap(&second.characters) => {}
                (Repeats::Not, Repeats::Not) => return Ok(false),
                (Repeats::Plus, _) => return self.plus(left, right),
                (Repeats::Star, _) => return self.star(left, right),
                (Repeats::Not, Repeats::Plus) => return self.plus(right, left),
                (Repeats::Not, Repeats::Star) => return self.star(right, left),
            }
            (left, right) = (a, b);
        }
        Ok(left.is_empty() && right.is_empty())
    }

    /// The first place of `repeated` takes one place of `other`, and then any number.
    fn plus(&mut self, repeated: &[Place], other: &[Place]) -> Result<bool, Failure> {
        let (Some((first, rest)), Some((place, others))) =
            (repeated.split_first(), other.split_first())
        else {
            return Ok(false);
        };
        self.step()?;
        if !first.characters.overlap(&place.characters) {
            return Ok(false);
        }
        if self.star(repeated, others)? {
            return Ok(true);
        }
        // Or it is the other one that takes.
        Ok(place.repeats != Repeats::Not && self.plain(rest, other)?)
    }

    /// The first place of `repeated` takes any number of places of `other`, until what follows it fits.
    fn star(&mut self, repeated: &[Place], other: &[Place]) -> Result<bool, Failure> {
        let Some((first, rest)) = repeated.split_first() else {
            return Ok(false);
        };
        let mut others = other;
        while let Some((place, behind)) = others.split_first() {
            self.step()?;
            let follows = rest.first();
            let fits = |next: &Place| next.characters.overlap(&place.characters);
            if follows.is_some_and(fits) && self.plain(rest, others)? {
                return Ok(true);
            }
            if !fits(first) {
                return Ok(false);
            }
            others = behind;
        }
        Ok(rest.is_empty())
    }
}

fn glob(text: &str) -> Result<Vec<Place>, Failure> {
    let mut rest = text.chars().peekable();
    let mut places: Vec<Place> = Vec::new();
    while let Some(c) = rest.next() {
        let characters = match c {
            '.' => Characters::Any,
            '[' => Characters::Some(set(&mut rest)?),
            ']' | '+' | '*' => return Err(Failure::Undefined),
            '\\' => one(rest.next().ok_or(Failure::Undefined)?),
            c => one(c),
        };
        let repeats = match rest.next_if(|c| matches!(c, '+' | '*')) {
            Some('+') => Repeats::Plus,
            Some(_) => Repeats::Star,
            None => Repeats::Not,
        };
        let place = Place {
            characters,
            repeats,
        };
        match places.last_mut().filter(|last| joined(last, &place)) {
            Some(last) if place.repeats == Repeats::Plus => last.repeats = Repeats::Plus,
            Some(_) => {}
            None => places.push(place),
        }
    }
    Ok(places)
}

/// Whether two repetitions of the same are one.
fn joined(last: &Place, place: &Place) -> bool {
    let repeat = last.repeats != Repeats::Not && place.repeats != Repeats::Not;
    repeat && last.characters == place.characters
}

/// Ranges in order, those that touch joined.
fn in_order(mut ranges: Vec<(char, char)>) -> Vec<(char, char)> {
    ranges.sort_unstable();
    let mut joined: Vec<(char, char)> = Vec::new();
    for (from, to) in ranges {
        match joined.last_mut() {
            Some((_, last)) if u32::from(from) <= u32::from(*last).saturating_add(1) => {
                *last = to.max(*last);
            }
            Some(_) | None => joined.push((from, to)),
        }
    }
    joined
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
            ']' => return Ok(in_order(ranges)),
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
        both("b+", "a*b*", "false");
        both("a*b*", "a", "false");
        both("a+[ab]*", "aab", "true");
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
            r#""a\\*.\\{b,c\\}\\[d\\]\\?""#,
        );
    }
}
