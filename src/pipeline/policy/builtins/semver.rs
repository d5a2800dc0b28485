//! Versions in the form `1.2.3-pre.1+build`, as loosely as OPA reads them: a `v` before and zeros in front are fine.

use std::cmp::Ordering;

use super::{Builtin, Failure, Term, text};

pub(super) const BUILTINS: &[(&str, Builtin)] =
    &[("semver.compare", compare), ("semver.is_valid", is_valid)];

struct Version<'a> {
    numbers: [i64; 3],
    pre_release: &'a str,
}

fn compare(arguments: &[Term]) -> Result<Term, Failure> {
    let (a, b) = (text(arguments, 0)?, text(arguments, 1)?);
    let a = Version::parse(a).ok_or(Failure::Undefined)?;
    let b = Version::parse(b).ok_or(Failure::Undefined)?;
    let order = match a.numbers.cmp(&b.numbers) {
        Ordering::Equal => compare_pre_release(a.pre_release, b.pre_release)?,
        order @ (Ordering::Less | Ordering::Greater) => order,
    };
    Ok(match order {
        Ordering::Less => Term::from(-1_i64),
        Ordering::Equal => Term::from(0_i64),
        Ordering::Greater => Term::from(1_i64),
    })
}

fn is_valid(arguments: &[Term]) -> Result<Term, Failure> {
    let version = arguments.first().and_then(Term::as_str);
    Ok(version.and_then(Version::parse).is_some().into())
}

impl<'a> Version<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let text = text.strip_prefix('v').unwrap_or(text);
        let (text, build) = text.split_once('+').unwrap_or((text, ""));
        let (text, pre_release) = text.split_once('-').unwrap_or((text, ""));
        if !are_identifiers(build) || !are_identifiers(pre_release) {
            return None;
        }
        let mut parts = text.split('.');
        let mut number = || match parts.next().map(str::parse::<i64>) {
            Some(Ok(number)) => Some(number),
            Some(Err(_)) | None => None,
        };
        let numbers = [number()?, number()?, number()?];
        parts.next().is_none().then_some(Self {
            numbers,
            pre_release,
        })
    }
}

/// Whether these are identifiers between points, or nothing.
fn are_identifiers(text: &str) -> bool {
    let valid = |c: char| c.is_ascii_alphanumeric() || c == '-';
    text.is_empty()
        || text
            .split('.')
            .all(|part| !part.is_empty() && part.chars().all(valid))
}

/// A version without a pre-release comes after one with any.
fn compare_pre_release(a: &str, b: &str) -> Result<Ordering, Failure> {
    if a == b || a.is_empty() || b.is_empty() {
        return Ok(a.is_empty().cmp(&b.is_empty()));
    }
    let (mut a, mut b) = (a.split('.'), b.split('.'));
    loop {
        let order = match (a.next(), b.next()) {
            (Some(a), Some(b)) => compare_identifiers(a, b),
            (Some(_), None) => Ordering::Greater,
            (None, Some(_)) => Ordering::Less,
            (None, None) => {
                // OPA itself does not end here.
                return Err(Failure::NotOffered(
                    "two pre-releases that differ in nothing but zeros in front of a number have no order"
                        .to_owned(),
                ));
            }
        };
        if order != Ordering::Equal {
            return Ok(order);
        }
    }
}

/// Numbers come before words. A number that is too large counts as the largest, as in OPA.
fn compare_identifiers(a: &str, b: &str) -> Ordering {
    let number = |text: &str| {
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| text.parse::<i64>().unwrap_or(i64::MAX))
    };
    match (number(a), number(b)) {
        (Some(a), Some(b)) => a.cmp(&b),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => a.cmp(b),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;

    /// From the smallest to the largest.
    const ORDERED: [&str; 14] = [
        "0.0.9",
        "v0.9.0",
        "1.0.0-1",
        "1.0.0-5",
        "1.0.0-10",
        "1.0.0-99999999999999999999",
        "1.0.0-5-Foo",
        "1.0.0-5-foo",
        "1.0.0-a",
        "1.0.0-a.5",
        "1.0.0-a.b",
        "1.0.0-a.b.c.5.d.100",
        "1.0.0-a.b.c.10.d.5",
        "1.0.0",
    ];

    #[test]
    fn versions_have_an_order() {
        for (at, a) in ORDERED.iter().enumerate() {
            for (other, b) in ORDERED.iter().enumerate() {
                let expect = match at.cmp(&other) {
                    std::cmp::Ordering::Less => "-1",
                    std::cmp::Ordering::Equal => "0",
                    std::cmp::Ordering::Greater => "1",
                };
                check("semver.compare", &format!(r#"["{a}","{b}"]"#), expect);
            }
        }
        check("semver.compare", r#"["1.0.0+a","1.0.0+b"]"#, "0");
        check("semver.compare", r#"["1.0.0-","1.0.0"]"#, "0");
        check("semver.compare", r#"["1.0.0","1"]"#, "undefined");
        check("semver.compare", r#"["1","1.0.0"]"#, "undefined");
        check("semver.compare", r#"[1,"1.0.0"]"#, "undefined");
    }

    #[test]
    fn what_opa_never_answers_is_not_answered() {
        check(
            "semver.compare",
            r#"["1.0.0-1","1.0.0-01"]"#,
            "two pre-releases that differ in nothing but zeros in front of a number have no order",
        );
    }

    #[test]
    fn versions_are_told_from_other_texts() {
        for version in ["1.0.0", "v01.2.3", "1.0.0-", "1.0.0+", "1.0.0--a.b+c-d.0"] {
            check("semver.is_valid", &format!(r#"["{version}"]"#), "true");
        }
        for version in [
            r#""""#,
            r#""1""#,
            r#""1.0""#,
            r#""1.0.0.0""#,
            r#""vv1.0.0""#,
            r#""1.0.0-a..b""#,
            r#""1.0.0-a\n""#,
            r#""1.0.0+ä""#,
            r#""1. 0.0""#,
            r#""9223372036854775808.0.0""#,
            "1",
        ] {
            check("semver.is_valid", &format!("[{version}]"), "false");
        }
    }
}
