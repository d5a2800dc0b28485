//! Documents that wait to be asked about in one call, and those in which its rules found nothing before: most resources of a
//! stack are alike in what rules look at.
//!
//! INVARIANT: an answer depends on the rules, the document and what is the same in the whole evaluation, so a document that was
//! clean once is clean again. Whole documents are compared, never their hashes alone.

use std::collections::HashSet;
use std::ops::Range;

use crate::names::Urn;
use crate::pipeline::policy::document::Step;

/// Documents of one call: more make it hardly cheaper, and each is held until then.
const DOCUMENTS_MAX: usize = 64;
/// LIMIT: bytes of documents of one call. OPA's values take about eight times that, and should stay in the processor's cache.
const BYTES_MAX: usize = 32 << 10;
/// LIMIT: bytes of the clean documents that are kept for a group of rules.
const CLEAN_BYTES_MAX: usize = 1 << 20;
/// LIMIT: bytes of a clean document that is kept; larger ones are seldom alike.
const CLEAN_DOCUMENT_BYTES_MAX: usize = 4 << 10;

/// A resource whose document waits.
#[derive(Debug, Clone)]
pub(super) struct Waiter<'a> {
    /// The step's place among all steps.
    pub(super) nth: usize,
    pub(super) step: &'a Step<'a>,
    pub(super) urn: &'a Urn,
    document: Range<usize>,
}

/// The documents of a call that is yet to be made.
#[derive(Debug, Default)]
pub(super) struct Waiting<'a> {
    /// A JSON array but for its last bracket.
    text: Vec<u8>,
    pub(super) waiters: Vec<Waiter<'a>>,
}

/// What became of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Put {
    /// It was clean before.
    Clean,
    /// It waits, and there is room for more.
    Waits,
    /// It waits, and now it is time to ask.
    Full,
    /// It is not to be asked about like this, and does not wait.
    Refused,
}

impl<'a> Waiting<'a> {
    /// Adds what `write` writes, unless that is known to be clean, or `is_refused`.
    pub(super) fn put(
        &mut self,
        (nth, step, urn): (usize, &'a Step<'a>, &'a Urn),
        clean: &Clean,
        write: impl FnOnce(&mut Vec<u8>),
        is_refused: impl FnOnce(&[u8]) -> bool,
    ) -> Put {
        let before = self.text.len();
        self.text.push(if before == 0 { b'[' } else { b',' });
        let begin = self.text.len();
        write(&mut self.text);
        let written = self.text.get(begin..).unwrap_or(&[]);
        let instead = if clean.holds(written) {
            Some(Put::Clean)
        } else {
            is_refused(written).then_some(Put::Refused)
        };
        if let Some(instead) = instead {
            self.text.truncate(before);
            return instead;
        }
        self.waiters.push(Waiter {
            nth,
            step,
            urn,
            document: begin..self.text.len(),
        });
        if self.waiters.len() >= DOCUMENTS_MAX || self.text.len() >= BYTES_MAX {
            Put::Full
        } else {
            Put::Waits
        }
    }

    /// All documents, as a JSON array.
    pub(super) fn input(&mut self) -> &[u8] {
        self.text.push(b']');
        &self.text
    }

    pub(super) fn document(&self, waiter: &Waiter<'a>) -> &[u8] {
        self.text.get(waiter.document.clone()).unwrap_or(&[])
    }

    /// Empty again, with its memory kept.
    pub(super) fn clear(&mut self) {
        self.text.clear();
        self.waiters.clear();
    }
}

/// Documents in which the rules of a group found nothing.
#[derive(Debug, Default)]
pub(super) struct Clean {
    documents: HashSet<Box<[u8]>>,
    bytes: usize,
}

impl Clean {
    pub(super) fn holds(&self, document: &[u8]) -> bool {
        self.documents.contains(document)
    }

    /// Remembers one, while there is room.
    pub(super) fn add(&mut self, document: &[u8]) {
        let bytes = self.bytes.saturating_add(document.len());
        if document.len() <= CLEAN_DOCUMENT_BYTES_MAX && bytes <= CLEAN_BYTES_MAX {
            self.bytes = bytes;
            self.documents.insert(document.into());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_has_a_limit() {
        let document = |number: usize| {
            let mut document = number.to_le_bytes().to_vec();
            document.resize(1000, 0);
            document
        };
        let mut clean = Clean::default();
        clean.add(&[b'x'; CLEAN_DOCUMENT_BYTES_MAX + 1]);
        assert!(clean.documents.is_empty());
        for number in 0..=CLEAN_BYTES_MAX / 1000 + 1 {
            clean.add(&document(number));
        }
        assert!(clean.bytes <= CLEAN_BYTES_MAX);
        assert!(clean.holds(&document(0)));
        assert!(!clean.holds(&document(usize::MAX)));
    }
}
