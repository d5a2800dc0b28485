//! Objects, sets and arrays as wholes and parts.

use std::collections::BTreeSet;

use super::{Builtin, Failure, Term};

pub(super) const BUILTINS: &[(&str, Builtin)] = &[("object.subset", subset)];

/// Whether the second collection is part of the first.
fn subset(arguments: &[Term]) -> Result<Term, Failure> {
    match arguments {
        [Term::Array(whole), Term::Set(part)] => Ok(has_items(whole, part).into()),
        [whole, part] => match part_of(whole, part) {
            Some(answer) => Ok(answer.into()),
            None => Err(Failure::Undefined),
        },
        _ => Err(Failure::Undefined),
    }
}

/// Nothing for two values that are not collections of one kind.
fn part_of(whole: &Term, part: &Term) -> Option<bool> {
    match (whole, part) {
        (Term::Object(whole), Term::Object(part)) => Some(part.iter().all(|(key, value)| {
            let other = whole.get(key);
            other.is_some_and(|other| {
                other == value || part_of(other, value).is_some_and(|answer| answer)
            })
        })),
        (Term::Set(whole), Term::Set(part)) => Some(part.is_subset(whole)),
        // One after the other, without a gap.
        (Term::Array(whole), Term::Array(part)) => {
            let mut windows = whole.windows(part.len().max(1));
            Some(part.is_empty() || windows.any(|window| window == part))
        }
        (_, _) => None,
    }
}

/// OPA counts the items that are in the set, and one that comes twice counts twice; of an empty array it says no.
fn has_items(whole: &[Term], part: &BTreeSet<Term>) -> bool {
    let found = whole.iter().filter(|item| part.contains(item)).count();
    !whole.is_empty() && found >= part.len()
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;

    #[test]
    fn parts_are_found_as_opa_finds_them() {
        check(
            "object.subset",
            r#"[{"a":{"b":1,"c":2}},{"a":{"b":1}}]"#,
            "true",
        );
        check("object.subset", r#"[{"a":1},{"b":1}]"#, "false");
        check("object.subset", r#"[{"a":{1,2}},{"a":{1}}]"#, "true");
        check("object.subset", r#"[{"a":[1,2]},{"a":{1}}]"#, "false");
        check("object.subset", "[{1,2,3},{2}]", "true");
        check("object.subset", "[[1,2,3],[2,3]]", "true");
        check("object.subset", "[[1,2,3],[1,3]]", "false");
        check("object.subset", "[[1,2,3],[]]", "true");
        check("object.subset", "[[3,2,1],{1,3}]", "true");
        check("object.subset", "[[1,1],{1,2}]", "true");
        check("object.subset", "[[],set()]", "false");
        check("object.subset", "[{1},[1]]", "undefined");
        check("object.subset", "[1,1]", "undefined");
    }
}
