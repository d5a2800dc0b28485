//! Keeps one secret out of a stream that passes in pieces.
//!
//! INVARIANT: of a secret that is in the stream, no byte has passed when it is found. Nothing else is held back.

use hyper::body::Bytes;
use memchr::memmem::Finder;

use crate::config::secret::Secret;

/// The secret is in the stream.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Leak;

/// Looks at a stream.
pub(super) struct Guard {
    finder: Finder<'static>,
    /// The end of what came, as long as it may be the secret's beginning.
    held: Vec<u8>,
}

impl std::fmt::Debug for Guard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Guard")
    }
}

impl Guard {
    pub(super) fn new(secret: &Secret) -> Self {
        Self {
            finder: Finder::new(secret.reveal().as_bytes()).into_owned(),
            held: Vec::new(),
        }
    }

    /// What of it may pass now.
    pub(super) fn pass(&mut self, piece: Bytes) -> Result<Bytes, Leak> {
        let mut piece = if self.held.is_empty() {
            piece
        } else {
            let mut whole = std::mem::take(&mut self.held);
            whole.extend_from_slice(&piece);
            Bytes::from(whole)
        };
        if self.finder.find(&piece).is_some() {
            return Err(Leak);
        }
        let secret = self.finder.needle();
        let longest = secret.len().saturating_sub(1).min(piece.len());
        let held = (1..=longest)
            .rev()
            .find(|length| secret.get(..*length) == piece.get(piece.len() - length..));
        if let Some(length) = held {
            self.held = piece.split_off(piece.len() - length).to_vec();
        }
        Ok(piece)
    }

    /// What is left when the stream has ended: it was only a beginning.
    pub(super) fn rest(&mut self) -> Bytes {
        Bytes::from(std::mem::take(&mut self.held))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn through(text: &str, size: usize) -> (Vec<u8>, bool) {
        let mut guard = Guard::new(&Secret::new("aab-key-aac".to_owned()));
        let mut passed = Vec::new();
        for piece in text.as_bytes().chunks(size) {
            match guard.pass(Bytes::copy_from_slice(piece)) {
                Ok(bytes) => passed.extend_from_slice(&bytes),
                Err(Leak) => return (passed, true),
            }
        }
        passed.extend_from_slice(&guard.rest());
        (passed, false)
    }

    #[test]
    fn no_byte_of_the_secret_passes_in_whatever_pieces() {
        for size in 1..20 {
            let (passed, leaked) = through("data aaaab-key-aac more", size);
            assert!(leaked, "in pieces of {size}");
            assert!(
                b"data aa".starts_with(passed.as_slice()),
                "in pieces of {size}"
            );
        }
    }

    #[test]
    fn everything_else_passes_as_it_is() {
        for text in [
            "",
            "aab-key-aab-key-aab aab",
            "aab-key-aa",
            "aab-key-\n\naac",
        ] {
            for size in 1..20 {
                assert_eq!(through(text, size), (text.as_bytes().to_vec(), false));
            }
        }
    }
}
