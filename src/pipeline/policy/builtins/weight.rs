//! What values weigh in a result that holds them many times.

use super::{Failure, Term};

/// LIMIT: bytes of such a result.
const BYTES_MAX: usize = 4 << 20;

/// What even an empty value costs.
const EACH: usize = 16;

/// What a value costs, in bytes.
pub(super) fn of(term: &Term) -> usize {
    let text = match term {
        Term::String(text) => text.len(),
        Term::Null
        | Term::Bool(_)
        | Term::Number(_)
        | Term::Array(_)
        | Term::Object(_)
        | Term::Set(_) => term.to_string().len(),
    };
    text.saturating_add(EACH)
}

/// The weight of a result that is to become heavier by so much, where it may.
pub(super) fn add(all: usize, more: usize) -> Result<usize, Failure> {
    let all = all.saturating_add(more);
    if all > BYTES_MAX {
        return Err(Failure::NotOffered(format!(
            "a result of more than {BYTES_MAX} bytes is not offered"
        )));
    }
    Ok(all)
}
