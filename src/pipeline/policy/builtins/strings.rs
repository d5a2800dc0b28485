//! Texts.

use super::super::sprintf;
use super::{Builtin, Failure, Term, text};

pub(super) const BUILTINS: &[(&str, Builtin)] = &[("sprintf", sprintf), ("strings.count", count)];

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
}
