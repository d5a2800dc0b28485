//! Numbers as their decimal text: Rego's have no limit of size or precision.

use std::cmp::Ordering;
use std::fmt;

/// A number.
#[derive(Debug, Clone)]
pub(in super::super) struct Number(String);

impl Number {
    /// A number by its JSON text, which the caller has checked.
    pub(super) fn from_json(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The number as Rego writes it.
    pub(in super::super) fn text(&self) -> &str {
        &self.0
    }

    /// The number, where it is whole and fits.
    pub(in super::super) fn as_i64(&self) -> Option<i64> {
        self.0.parse().map_or(None, Some)
    }

    /// The nearest floating-point number.
    pub(in super::super) fn as_f64(&self) -> Option<f64> {
        self.0.parse().map_or(None, Some)
    }
}

impl From<i64> for Number {
    fn from(integer: i64) -> Self {
        Self(integer.to_string())
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Number {}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.as_i64(), other.as_i64()) {
            (Some(a), Some(b)) => a.cmp(&b),
            (Some(_) | None, Some(_) | None) => {
                let (a, b) = (
                    self.as_f64().unwrap_or(f64::NAN),
                    other.as_f64().unwrap_or(f64::NAN),
                );
                a.total_cmp(&b).then_with(|| {
                    if a.is_nan() {
                        self.0.cmp(&other.0)
                    } else {
                        Ordering::Equal
                    }
                })
            }
        }
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
