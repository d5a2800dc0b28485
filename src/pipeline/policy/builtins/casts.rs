//! The casts of Rego's first version.

use super::{Builtin, Failure, Term};

pub(super) const BUILTINS: &[(&str, Builtin)] = &[
    ("cast_array", array),
    ("cast_boolean", |arguments| {
        same(arguments, |term| matches!(term, Term::Bool(_)))
    }),
    ("cast_null", |arguments| {
        same(arguments, |term| matches!(term, Term::Null))
    }),
    ("cast_object", |arguments| {
        same(arguments, |term| matches!(term, Term::Object(_)))
    }),
    ("cast_set", set),
    ("cast_string", |arguments| {
        same(arguments, |term| matches!(term, Term::String(_)))
    }),
];

fn same(arguments: &[Term], fits: fn(&Term) -> bool) -> Result<Term, Failure> {
    let argument = arguments.first().filter(|term| fits(term));
    argument.cloned().ok_or(Failure::Undefined)
}

fn array(arguments: &[Term]) -> Result<Term, Failure> {
    match arguments {
        [Term::Array(items)] => Ok(Term::Array(items.clone())),
        [Term::Set(items)] => Ok(items.iter().cloned().collect()),
        _ => Err(Failure::Undefined),
    }
}

fn set(arguments: &[Term]) -> Result<Term, Failure> {
    match arguments {
        [Term::Array(items)] => Ok(Term::Set(items.iter().cloned().collect())),
        [Term::Set(items)] => Ok(Term::Set(items.clone())),
        _ => Err(Failure::Undefined),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;

    #[test]
    fn only_collections_change() {
        check("cast_array", "[{2,1}]", "[1,2]");
        check("cast_set", "[[2,1,2]]", "{1,2}");
        check("cast_string", "[1]", "undefined");
        check("cast_null", "[null]", "null");
    }
}
